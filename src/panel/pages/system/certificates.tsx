import type { JSX } from "preact";
import type { CertificateInfo } from "../../../core/api/system.ts";
import { Badge, Card, Empty, Facts, type Tone } from "../../components/page.tsx";
import { Foreign, Logged, visible } from "../../components/text.tsx";
import { useFetched } from "../../components/use-fetched.ts";
import { Waiting } from "../../components/waiting.tsx";
import { usePanel } from "../../shell/panel.ts";

const AGAIN_MS = 2000;
/** A certificate that renews itself does so earlier. */
const SOON_DAYS = 14;

/** The certificates that devices are shown, and for how long they hold. */
export function Certificates(): JSX.Element {
  const { system } = usePanel().words.value;
  const fetched = useFetched<readonly CertificateInfo[]>("certificates", AGAIN_MS);
  if (fetched.data === null) return <Waiting fetched={fetched} />;
  if (fetched.data.length === 0) return <Empty>{system.noCertificates}</Empty>;
  return (
    <div class="stack">
      {fetched.data.map((certificate) => (
        <CertificateCard key={`${certificate.file} ${certificate.serial}`} certificate={certificate} />
      ))}
    </div>
  );
}

function CertificateCard({ certificate }: { readonly certificate: CertificateInfo }): JSX.Element {
  const { words, format } = usePanel();
  const { system, overview } = words.value;
  const { file, names, issuer, serial, validTo, daysLeft, listeners, problem } = certificate;
  const tone = toneOf(certificate);
  const { certificateFacts: facts } = system;
  return (
    <Card
      title={names.map(visible).join(", ")}
      tone={tone}
      actions={<Badge tone={tone}>{overview.daysLeft(daysLeft, format.value.number(daysLeft))}</Badge>}
    >
      {problem === undefined ? null : (
        <p class="error">
          <Logged>{problem}</Logged>
        </p>
      )}
      <Facts
        rows={[
          [facts.validTo, format.value.moment(validTo)],
          [facts.issuer, <Foreign key="issuer" text={issuer} />],
          [facts.serial, <Foreign key="serial" text={serial} />],
          [facts.file, <Foreign key="file" text={file} />],
          [facts.listeners, listeners.map(visible).join(", ")],
        ]}
      />
    </Card>
  );
}

function toneOf({ daysLeft, problem }: CertificateInfo): Tone {
  if (problem !== undefined || daysLeft < 0) return "bad";
  return daysLeft <= SOON_DAYS ? "warn" : "good";
}
