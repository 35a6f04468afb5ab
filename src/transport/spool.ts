/**
 * Long output waits in a file until somebody reads it: many hosts may print much at the same time. The file is this
 * run's alone. It has no name, so nobody else can open it, and it is gone when the run is, however that ends.
 */
import { randomBytes } from "node:crypto";
import { closeSync, mkdirSync, openSync, readSync, statfsSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";

/** The file is used in blocks of this size. Bytes. */
export const blockSize = 256 * 1024;

/** How much of it a run, and how much one host, may use at a time, where the disk has four times as much free. Blocks. */
const mostOfRun = (4 * 1024 * 1024 * 1024) / blockSize;
const mostOfHost = (256 * 1024 * 1024) / blockSize;

/** Closes the files of spools that nobody has any more. */
const abandoned = new FinalizationRegistry<number>((file) => closeSync(file));

interface Limits {
  readonly ofRun: number;
  readonly ofHost: number;
}

/** The file of a run. */
export class Spool {
  readonly #folder: string;
  readonly #limits: Limits;
  #file: number | undefined;
  /** Blocks that were used, and are not any more. */
  readonly #free: number[] = [];
  #used = 0;
  /** How many blocks are used at most: known once there is a file. */
  #most = 0;
  #isBroken = false;
  /** What an output used is free again once nobody has that output any more. */
  readonly #lost = new FinalizationRegistry<SpoolEntry>((entry) => entry.free());

  /**
   * @param folder where the file is; made if it isn't there
   * @param limits how many blocks are used at a time
   */
  constructor(folder: string, limits: Limits = { ofRun: mostOfRun, ofHost: mostOfHost }) {
    this.#folder = folder;
    this.#limits = limits;
  }

  /** One host's part of it. */
  forHost(): HostSpool {
    return new HostSpool(this, this.#limits.ofHost);
  }

  /** @returns the block that has the bytes now; undefined where there is no room: they must stay in memory */
  write(bytes: Buffer): number | undefined {
    if (this.#isBroken) return undefined;
    try {
      this.#file ??= this.#open();
      const block = this.#free.pop() ?? (this.#used < this.#most ? this.#used++ : undefined);
      if (block === undefined) return undefined;
      writeAll(this.#file, bytes, block * blockSize);
      return block;
    } catch {
      this.#isBroken = true; // a full disk, for instance
      return undefined;
    }
  }

  /** @throws Error of the file system, and where the file has become shorter */
  read(block: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    for (let at = 0; at < length; ) {
      const read = readSync(this.#file ?? -1, bytes, at, length - at, block * blockSize + at);
      if (read === 0) throw new Error("the file in which long output is kept has been cut");
      at += read;
    }
    return bytes;
  }

  free(blocks: readonly number[]): void {
    this.#free.push(...blocks);
  }

  /** Frees an entry with its owner. */
  watch(owner: object, entry: SpoolEntry): void {
    this.#lost.register(owner, entry);
  }

  #open(): number {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const path = join(this.#folder, `.output-${randomBytes(12).toString("hex")}`);
    const file = openSync(path, "wx+", 0o600);
    unlinkSync(path);
    abandoned.register(this, file);
    // the journal and other programs need the disk, too
    const { bavail, bsize } = statfsSync(this.#folder);
    this.#most = Math.min(this.#limits.ofRun, Math.floor((bavail * bsize) / 4 / blockSize));
    return file;
  }
}

/** A host's part of a spool: one host that prints much must not use up the room of the others. */
export class HostSpool {
  readonly spool: Spool;
  #left: number;

  /** @param most blocks at a time */
  constructor(spool: Spool, most: number) {
    this.spool = spool;
    this.#left = most;
  }

  /** Begins to keep an output; what it uses is free again with its owner. */
  entryFor(owner: object): SpoolEntry {
    const entry = new SpoolEntry(this);
    this.spool.watch(owner, entry);
    return entry;
  }

  write(bytes: Buffer): number | undefined {
    const block = this.#left > 0 ? this.spool.write(bytes) : undefined;
    if (block !== undefined) this.#left--;
    return block;
  }

  free(blocks: readonly number[]): void {
    this.#left += blocks.length;
    this.spool.free(blocks);
  }
}

/** One output in a spool. */
export class SpoolEntry {
  readonly #host: HostSpool;
  #blocks: number[] = [];
  #size = 0;

  constructor(host: HostSpool) {
    this.#host = host;
  }

  /** How much of the output is in the file. Bytes. */
  get size(): number {
    return this.#size;
  }

  /**
   * Adds bytes: whole blocks, but for the last.
   *
   * @returns false where there is no room for them
   */
  add(bytes: Buffer): boolean {
    const block = this.#host.write(bytes);
    if (block === undefined) return false;
    this.#blocks.push(block);
    this.#size += bytes.length;
    return true;
  }

  read(): Buffer[] {
    return this.#blocks.map((block, index) =>
      this.#host.spool.read(block, Math.min(blockSize, this.#size - index * blockSize)),
    );
  }

  free(): void {
    const blocks = this.#blocks;
    this.#blocks = [];
    this.#size = 0;
    this.#host.free(blocks);
  }
}

function writeAll(file: number, bytes: Buffer, position: number): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at, bytes.length - at, position + at);
}
