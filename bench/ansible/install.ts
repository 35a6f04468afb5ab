/** Sees to it that Ansible is here, and Python on the hosts, without which it can do nothing there. */
import { $ } from "zx";
import { ShowrunnerError } from "../../src/base/errors.ts";
import { type Progress, run } from "../../src/lab/index.ts";
import { lab } from "../lab.ts";

const packages = ["ansible-core", "ansible-mitogen", "python3-mitogen"];
const install = [
  "apt-get",
  "-o",
  "DPkg::Lock::Timeout=120",
  "install",
  "-y",
  "-q",
  "--no-install-recommends",
];

/**
 * Installs Debian's packages where they are missing.
 *
 * @throws ShowrunnerError `lab.missing` where that is not possible
 */
export async function installAnsible(progress: Progress): Promise<void> {
  const quiet = $({ quiet: true, nothrow: true, env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } });
  const there = await quiet`dpkg -s ${packages}`;
  if (there.exitCode === 0) return;
  progress(`installing ${packages.join(", ")}`);
  let done = await quiet`${install} ${packages}`;
  if (done.exitCode !== 0) {
    // a fresh machine has no package lists yet
    await quiet`apt-get update -q`;
    done = await quiet`${install} ${packages}`;
  }
  if (done.exitCode === 0) return;
  throw new ShowrunnerError("lab.missing", `the bench compares with Ansible, which can't be installed here`, {
    details: done.stderr.trim().split("\n").slice(-5),
    hint: `install ${packages.join(" ")}, or leave Ansible out: npm run bench -- --quick`,
  });
}

/** Gives the hosts what Ansible's modules need: Python, and its binding to apt. */
export async function installPython(progress: Progress): Promise<void> {
  progress("installing Python on the hosts, for Ansible");
  await Promise.all(
    lab.hosts.map(({ name }) =>
      run(lab, name, ["env", "DEBIAN_FRONTEND=noninteractive", ...install, "python3", "python3-apt"]),
    ),
  );
}
