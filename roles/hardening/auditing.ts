/** A record, by auditd, of who alters what decides who may do what. */
import { apt, copy, service } from "showrunner";

const restart = service({ name: "auditd", state: "restarted" });

const watched = {
  accounts: ["/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow"],
  sudo: ["/etc/sudoers", "/etc/sudoers.d"],
  ssh: ["/etc/ssh/sshd_config", "/etc/ssh/sshd_config.d"],
  cron: ["/etc/crontab", "/etc/cron.d"],
};

export async function recordAlterations(): Promise<void> {
  const rules = Object.entries(watched).flatMap(([key, paths]) =>
    paths.map((path) => `-w ${path} -p wa -k ${key}`),
  );
  await apt({ name: "auditd", cacheValidTime: 86_400 });
  await copy(
    {
      dest: "/etc/audit/rules.d/50-hardening.rules",
      content: `# Written by Showrunner\n${rules.join("\n")}\n`,
      mode: "0640",
    },
    { notify: restart },
  );
  await service({ name: "auditd", state: "started", enabled: true });
}
