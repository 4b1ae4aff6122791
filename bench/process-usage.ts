import { readFileSync } from "node:fs";

/** One tick of /proc/<pid>/stat: USER_HZ is 100 on every Linux that Node runs on. */
const MS_PER_TICK = 10;

/** CPU time that a process and its threads have used, in milliseconds. */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  // "4711 (node) S 1 ...": the name may hold anything, so counting begins behind it; utime and stime are 12th and 13th.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

/** Bytes that a process and its threads have written. */
export interface Written {
  /** Pages that have to go to the disk: what wears an SD card. */
  readonly toDisk: number;
  /** As handed over to the operating system, sockets included. */
  readonly all: number;
}

/** What a process has written since it began. */
export function written(pid: number): Written {
  const io = readFileSync(`/proc/${pid}/io`, "latin1");
  const field = (name: string): number => Number(new RegExp(`^${name}: (\\d+)$`, "m").exec(io)?.[1] ?? Number.NaN);
  return { toDisk: field("write_bytes") - field("cancelled_write_bytes"), all: field("wchar") };
}

/** Resident memory of a process, in bytes. */
export function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) * 1024;
}
