import {
  defineRole,
  file,
  type OptionalInput,
  type RequiredInput,
  type Role,
  Type,
  template,
} from "showrunner";

const variables = {
  /** What the file says. */
  text: Type.String({ minLength: 1 }),
};

/** What `sampleName` takes. */
export interface SampleNameVars extends RequiredInput<typeof variables>, OptionalInput<typeof variables> {}

/** A folder with a file that is made of a template. */
export const sampleName: Role<SampleNameVars, void> = defineRole({
  name: "sampleName",
  summary: "A folder with a file that is made of a template.",
  vars: variables,
  async run({ vars, role }) {
    await file({ path: "/etc/sample-name", state: "directory", owner: "root", mode: "0755" });
    await template({
      src: role.template("sample-name.conf.ejs"),
      dest: "/etc/sample-name/sample-name.conf",
      vars: { text: vars.text },
      owner: "root",
      mode: "0644",
    });
  },
});
