export type Transport = "tcp" | "tls" | "ws";

/** The broker under test, as the generator sees it. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly transport: Transport;
  /** Its CPU time and memory are read from /proc. */
  readonly pid: number;
  readonly username: string;
  readonly password: string;
}
