/** The YAML library, which is loaded only where there is YAML to read. */
export type Yaml = typeof import("yaml");
