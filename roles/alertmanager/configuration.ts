/** Alertmanager's configuration. */
import { reveal, Secret } from "showrunner";

interface Webhook {
  readonly url: string | Secret;
}

interface Email {
  readonly to: string;
  readonly from: string;
  readonly server: string;
  readonly user?: string | undefined;
  readonly password?: string | Secret | undefined;
  readonly requireTls?: boolean | undefined;
}

interface Receivers {
  readonly webhooks: readonly Webhook[];
  readonly emails: readonly Email[];
  readonly watchdog?: string | Secret | undefined;
}

/** The text of alertmanager.yml. What was given stands in double quotes, as JSON has them, which YAML reads, too. */
export function configuration({ webhooks, emails, watchdog }: Receivers): Secret {
  const lines = [
    "# Written by Showrunner: changes made here are overwritten by the next run.",
    "route:",
    "  receiver: site",
    "  group_by: [alertname]",
    "  group_wait: 15s",
    "  group_interval: 1m",
    "  repeat_interval: 4h",
    "  routes:",
    "    # it fires as long as all is well",
    '    - matchers: [alertname="Watchdog"]',
    "      receiver: watchdog",
    "      repeat_interval: 5m",
    "inhibit_rules:",
    "  # what else is wrong with a host that is down is no news, but for what visitors notice",
    '  - source_matchers: [alertname="HostDown"]',
    '    target_matchers: [severity="warning"]',
    "    equal: [host]",
    "receivers:",
    "  - name: site",
    ...list("webhook_configs", webhooks.map(webhookLines)),
    ...list("email_configs", emails.map(emailLines)),
    "  - name: watchdog",
    ...list(
      "webhook_configs",
      watchdog === undefined ? [] : [[`url: ${q(watchdog)}`, "send_resolved: false"]],
    ),
    "",
  ];
  return new Secret(lines.join("\n"));
}

const q = (text: string | Secret) => JSON.stringify(reveal(text));

const webhookLines = ({ url }: Webhook) => [`url: ${q(url)}`, "send_resolved: true"];

function emailLines({ to, from, server, user, password, requireTls = true }: Email): string[] {
  return [
    `to: ${q(to)}`,
    `from: ${q(from)}`,
    `smarthost: ${q(server)}`,
    ...(user === undefined ? [] : [`auth_username: ${q(user)}`]),
    ...(password === undefined ? [] : [`auth_password: ${q(password)}`]),
    `require_tls: ${requireTls}`,
    "send_resolved: true",
  ];
}

function list(key: string, items: readonly (readonly string[])[]): string[] {
  if (items.length === 0) return [];
  return [
    `    ${key}:`,
    ...items.flatMap((lines) => lines.map((line, index) => `      ${index === 0 ? "- " : "  "}${line}`)),
  ];
}
