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

/** Resident memory of a process, in bytes. */
export function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) * 1024;
}
