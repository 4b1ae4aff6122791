import type { Traces } from "./traces.ts";
import { parseQuestion } from "./wish.ts";

/** What is printed, and the exit code. */
export interface TraceAnswer {
  /** Whether traces are others now. */
  readonly isChange: boolean;
  readonly lines: readonly string[];
  readonly code: 0 | 1;
}

/** Answers a question about traces in EMQ's words. */
export function answerTrace(traces: Traces, raw: unknown): TraceAnswer {
  const question = parseQuestion(raw);
  if (typeof question === "string") return { isChange: false, lines: [`error: ${question}.`], code: 1 };
  switch (question.action) {
    case "list":
      return {
        isChange: false,
        lines: traces.list().map(({ by, value, file, bytes, endsAtMs }) => {
          return `trace ${by} ${value} -> ${file} (${bytes} bytes, until ${new Date(endsAtMs).toISOString()})`;
        }),
        code: 0,
      };
    case "stop": {
      const { by, value } = question;
      return traces.stop(by, value)
        ? { isChange: true, lines: [`stop tracing ${by} ${value} successfully.`], code: 0 }
        : { isChange: false, lines: [`stop tracing ${by} ${value} error: not_found.`], code: 1 };
    }
    case "start": {
      const { by, value } = question.wish;
      const fault = traces.start(question.wish);
      return fault === null
        ? { isChange: true, lines: [`trace ${by} ${value} successfully.`], code: 0 }
        : { isChange: false, lines: [`trace ${by} ${value} error: ${fault}`], code: 1 };
    }
  }
}
