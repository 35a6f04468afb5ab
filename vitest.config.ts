import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const path = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** The same names as in tsconfig.json, for the sources of this checkout. */
const alias = [
  { find: /^showrunner$/, replacement: path("src/index.ts") },
  { find: /^showrunner\/modules$/, replacement: path("src/modules/index.ts") },
  { find: /^showrunner\/roles$/, replacement: path("roles/index.ts") },
  { find: /^showrunner\/testing$/, replacement: path("src/testing/index.ts") },
];

const config: ReturnType<typeof defineConfig> = defineConfig({
  resolve: { alias },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/lab/**", "test/proof/**", "test/cli/**", "test/**/*.integration.test.ts"],
          // against what hangs; they measure nothing, on however slow a machine
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          // with shells, sudo, SSH and database servers of this machine
          name: "integration",
          include: ["test/**/*.integration.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "cli",
          include: ["test/cli/**/*.test.ts"],
          globalSetup: ["test/cli/build.ts"],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "lab",
          include: ["test/lab/**/*.test.ts"],
          // labs share the machine, and a base system takes its time the first time
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 600_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          // too long for every run: `npm run prove:site` has them
          name: "proof",
          include: ["test/proof/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 600_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});

export default config;
