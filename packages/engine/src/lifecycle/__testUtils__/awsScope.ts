import { ManualClock } from '../../async/ManualClock';
import { packages } from '../../async/packages';
import { type Answers, awsClient } from '../../aws/__testUtils__/awsClient';
import type { OperationContext } from '../../operationContext';
import type { Scope } from '../steps/scope';
import type { RunningStep } from '../steps/Step';
import { planScope } from './planScope';

/** `payments/shop/api` on an AWS that answers as the test says, with what was sent and said. */
export function awsScope(
  answers: Answers,
  {
    kubernetes,
    clock = new ManualClock(0),
    ...context
  }: Partial<Omit<OperationContext, 'clock'>> & {
    kubernetes?: object;
    clock?: ManualClock;
  } = {},
) {
  const sent: { name: string; input: any }[] = [];
  const said: (string | undefined)[] = [];
  const guarded: string[] = [];
  const send = (name: string, input: any) => {
    sent.push({ name, input });
    if (!answers[name]) throw new Error(`Nothing answers ${name}`);
    return answers[name](input);
  };
  const plain = planScope();
  const session = {
    cluster: plain.cluster,
    aws: {
      eks: awsClient(packages.eks.EKSClient, send),
      iam: awsClient(packages.iam.IAMClient, send),
    },
    kubernetes: async () => kubernetes,
  };
  const scope = {
    ...planScope({}, {
      clock,
      signal: new AbortController().signal,
      emit: async ({ data }: any) => {
        said.push(data.message);
      },
      guard: {
        beforeWrite: async (what: string) => {
          guarded.push(what);
        },
      },
      clusters: {
        session: () => session,
        list: () => [plain.cluster],
        get: () => plain.cluster,
      },
      ...context,
    } as unknown as Partial<OperationContext>),
    read: session,
    write: session,
  } as unknown as Scope;
  const warnings: string[] = [];
  const step = {
    id: 'step',
    does: 'do it',
    warn: (text: string) => warnings.push(text),
    wroteNothing: () => {},
  } as RunningStep;
  return {
    clock,
    scope,
    step,
    said,
    guarded,
    warnings,
    sent,
    names: () => sent.map(({ name }) => name),
    /** How a promise ends, while time passes as the waits of it ask. */
    async end<T>(running: Promise<T>): Promise<T | string> {
      const ended = running.catch(
        ({ name, message }: Error) => `${name}: ${message}`,
      );
      await clock.runToEnd();
      return ended;
    },
  };
}
