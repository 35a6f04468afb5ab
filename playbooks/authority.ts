/** Fetches the certificate of the site's authority to `.showrunner/authority.pem`, for a browser or for curl. */
import { resolve } from "node:path";
import { copy, debug, file, on, play, playbook } from "showrunner";
import { authorityCertificate } from "./parts/certificates.ts";
import { edgeCertificate } from "./parts/edge-certificate.ts";

const path = resolve(".showrunner/authority.pem");

export default playbook([
  play(
    "the authority's certificate",
    { hosts: "ca[0]", vars: { edgeCertificate } },
    {
      fetch: async ({ inventory, vars }) => {
        const content = await authorityCertificate(inventory);
        await on("localhost", async () => {
          await file({ path: resolve(path, ".."), state: "directory" });
          await copy({ dest: path, content, mode: "0644" });
          const isSigner = vars.edgeCertificate === "ownAuthority";
          await debug({
            message: isSigner
              ? `whoever trusts ${path} can visit the site: curl --cacert ${path} …`
              : `${path} is for the traffic between hosts; visitors see a certificate of another authority (edgeCertificate)`,
          });
        });
      },
    },
  ),
]);
