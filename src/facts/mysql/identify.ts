/** A mark by which secrets can be compared: facts hold marks where the server holds passwords or their hashes. */
export { markOf as identify } from "../../secrets/mark.ts";
