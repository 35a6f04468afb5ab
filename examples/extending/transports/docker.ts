import { defineTransport } from "showrunner";

/** Hosts are containers of this machine's Docker: a host's address is its container's name. */
export const docker = defineTransport({
  name: "docker",
  command: ({ address, user = "root" }, script) => {
    return ["docker", "exec", "--interactive", "--user", user, address, "sh", "-c", script];
  },
});
