import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Pair {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: string;
  readonly key: string;
}

interface Request {
  readonly name: string;
  readonly commonName: string;
  /** Self-signed when missing. */
  readonly issuer?: Pair;
  readonly days?: number;
}

/** Makes a key and a certificate with openssl, for 127.0.0.1 and localhost. */
export function makePair(folder: string, { name, commonName, issuer, days = 30 }: Request): Pair {
  const certFile = join(folder, `${name}.pem`);
  const keyFile = join(folder, `${name}.key`);
  const extensions = join(folder, `${name}.ext`);
  const request = join(folder, `${name}.csr`);
  writeFileSync(extensions, "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl("req", "-new", ...curve, "-keyout", keyFile, "-out", request, "-subj", `/CN=${commonName}`);
  const signer =
    issuer === undefined
      ? ["-signkey", keyFile]
      : ["-CA", issuer.certFile, "-CAkey", issuer.keyFile, "-CAcreateserial"];
  const ca = name.startsWith("ca") ? "basicConstraints=critical,CA:TRUE\n" : readFileSync(extensions, "utf8");
  writeFileSync(extensions, ca);
  openssl("x509", "-req", "-in", request, "-out", certFile, ...signer, "-days", String(days), "-extfile", extensions);
  return { certFile, keyFile, cert: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8") };
}

/** Makes the revocation list of a CA, with the certificates that it takes back; times are as openssl takes them. */
export function makeCrl(folder: string, ca: Pair, revoked: readonly Pair[], times: readonly string[] = []): string {
  const config = join(folder, "crl.cnf");
  const list = join(folder, "crl.pem");
  writeFileSync(join(folder, "index.txt"), "");
  writeFileSync(
    config,
    `[ca]\ndefault_ca = d\n[d]\ndatabase = ${join(folder, "index.txt")}\ndefault_md = sha256\ndefault_crl_days = 30\n`,
  );
  const authority = ["-config", config, "-cert", ca.certFile, "-keyfile", ca.keyFile];
  for (const { certFile } of revoked) openssl("ca", ...authority, "-revoke", certFile);
  openssl("ca", ...authority, "-gencrl", ...times, "-out", list);
  return readFileSync(list, "utf8");
}

function openssl(...args: string[]): void {
  execFileSync("openssl", args, { stdio: "pipe" });
}
