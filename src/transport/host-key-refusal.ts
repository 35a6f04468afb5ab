/** Why a host's key is not trusted, in the same words for both clients. */
import { formatLocation, ShowrunnerError } from "../base/errors.ts";
import { pasted } from "../base/script.ts";

/** A host as known_hosts spells it, and the key that it showed: its type and fingerprint. */
interface ShownKey {
  readonly name: string;
  readonly shown: string;
}

/** @param file where it would have to be known */
export function unknownKey(
  { name, shown }: ShownKey,
  file: string,
  { address, port }: { readonly address: string; readonly port: number },
): ShowrunnerError {
  return refusal(
    `${name} showed the key ${shown}, and ${file} has none for it`,
    `compare the fingerprint at the host's console, then add it: ssh-keyscan -p ${port} -- ${pasted(address)} >> ${pasted(file)}`,
  );
}

/** @param pinned the line of another key */
export function changedKey(
  { name, shown }: ShownKey,
  pinned: { readonly file: string; readonly line: number },
): ShowrunnerError {
  return refusal(
    `${name} showed the key ${shown}, but another one is pinned at ${formatLocation(pinned)}`,
    `somebody may be listening in, or the host was rebuilt: only if you know it was, remove that line (ssh-keygen -f ${pasted(pinned.file)} -R ${pasted(name)}) and run again`,
  );
}

/** @param which the line that says so, or the key */
export function revokedKey(name: string, which: string): ShowrunnerError {
  return refusal(
    `${name} showed a revoked key (${which})`,
    "the host must get a new key before it can be trusted",
  );
}

export function refusal(message: string, hint: string): ShowrunnerError {
  return new ShowrunnerError("host.key", message, { hint });
}
