/** How a change ends that was made and not confirmed. */
import { ShowrunnerError } from "../../base/errors.ts";

/** The host is as it was before. */
export class TakenBack extends ShowrunnerError {}

/** The host could not restore what was there before: nobody knows how far the change came. */
export class NotRestored extends ShowrunnerError {}

const restored = "so the host has put back what was there before";

/** What a program says as it refuses the change is all there is to say. */
export function failedItself(cause: ShowrunnerError): TakenBack {
  const { code, message, details, hint, location } = cause;
  return new TakenBack(code, message, { details, hint, location, cause });
}

/** @param why what shows it */
export function shutOut(what: string, why: string, { message, details }: ShowrunnerError): TakenBack {
  return new TakenBack("change.failed", `${what}: ${why}: it would have shut this machine out, ${restored}`, {
    details: [message, ...details],
    hint: "let the change admit this machine: its address, the port of the connection and its user",
  });
}

/** @param limit seconds that the change might take */
export function slow(what: string, limit: number, { message, details }: ShowrunnerError): TakenBack {
  return new TakenBack("change.failed", `${what}: the change took longer than ${limit} s, ${restored}`, {
    details: [message, ...details],
    hint: "nothing shows that it shuts this machine out: see what slows the host or the network down, and run again",
  });
}

/** New connections can be made, but the one that the change was made over gave no answer. */
export function cutOff(what: string, { message, details }: ShowrunnerError): TakenBack {
  return new TakenBack(
    "change.failed",
    `${what}: no answer came over the connection that the change was made over, ${restored}`,
    {
      details: [message, ...details],
      hint: "a new connection could be made: let the change keep the connections that are there, or run again",
    },
  );
}

/** @param within seconds that the host waited */
export function late(what: string, within: number): TakenBack {
  return new TakenBack(
    "change.failed",
    `${what}: the change was not confirmed within ${within} s, ${restored}`,
    {
      hint: "nothing shows that it shuts this machine out: see what slows the host, the network or this machine down, and run again",
    },
  );
}

/** A new connection could be made, and the host could not note that. */
export function unconfirmed(what: string, { details }: ShowrunnerError): TakenBack {
  return new TakenBack("change.failed", `${what}: the host could not note the confirmation, ${restored}`, {
    details,
    hint: "this machine is not shut out: see whether the disk of the host is full, and run again",
  });
}
