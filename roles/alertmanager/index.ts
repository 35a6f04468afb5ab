import {
  copy,
  defineRole,
  fail,
  type OptionalInput,
  type RequiredInput,
  type Role,
  SecretString,
  service,
  Type,
  withDefault,
} from "showrunner";
import { installDaemon, startDaemon } from "../daemon.ts";
import { alertmanagerServer } from "../prometheus/places.ts";
import { configuration } from "./configuration.ts";

const name = "prometheus-alertmanager";
const path = "/etc/prometheus/alertmanager.yml";

const Webhook = Type.Object(
  {
    /** Where alerts are posted to, as JSON. Whoever knows the address may post there, so it is a secret. */
    url: SecretString(),
  },
  { additionalProperties: false },
);

const Email = Type.Object(
  {
    /** Who gets the mail. */
    to: Type.String({ minLength: 1 }),
    /** From whom it comes. */
    from: Type.String({ minLength: 1 }),
    /** The mail server with its port: "mail.example.org:587". */
    server: Type.String({ pattern: "^\\S+:[0-9]{1,5}$" }),
    /** As whom to log in there. Default: nobody. */
    user: Type.Optional(Type.String({ minLength: 1 })),
    /** The password of `user`. */
    password: Type.Optional(SecretString()),
    /** Whether the connection must be encrypted. Default: true. */
    requireTls: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);

const variables = {
  /** Programs that are told of alerts, and that they are over. Default: []. */
  webhooks: withDefault(Type.Array(Webhook), []),
  /** People who are told by mail. Default: []. */
  emails: withDefault(Type.Array(Email), []),
  /**
   * An address that is posted to every five minutes as long as alerts work: somebody who hears nothing there any more
   * knows that they don't. Default: none.
   */
  watchdog: Type.Optional(SecretString()),
};

/** What `alertmanager` takes. */
export interface AlertmanagerVars extends RequiredInput<typeof variables>, OptionalInput<typeof variables> {}

/** Alertmanager: tells people and programs of Prometheus' alerts. Without any, alerts are only to be seen. */
export const alertmanager: Role<AlertmanagerVars, void> = defineRole({
  name: "alertmanager",
  summary: "Alertmanager: tells people and programs of alerts; on 127.0.0.1 alone.",
  vars: variables,
  check({ emails }) {
    for (const [index, { user, password }] of emails.entries())
      if ((user === undefined) !== (password === undefined))
        fail(`emails[${index}]: expected both \`user\` and \`password\`, or neither of them`);
  },
  async run({ vars }) {
    const daemon = {
      name,
      ...alertmanagerServer,
      options: {
        "config.file": path,
        "storage.path": "/var/lib/prometheus/alertmanager",
        // it is alone: otherwise it would listen for others of its kind, on every address
        "cluster.listen-address": "",
      },
    };
    await installDaemon(daemon);
    await copy(
      {
        dest: path,
        content: configuration(vars),
        owner: "prometheus",
        group: "prometheus",
        mode: "0600",
        validate: "amtool check-config %s",
      },
      { notify: service({ name, state: "reloaded" }) },
    );
    await startDaemon(daemon);
  },
});
