import {
  defineCheck,
  type Lacking,
  note,
  type Outcome,
  pass,
  skip,
  warn,
} from '../framework/check';
import { type Command, kubectl } from '../../text/bash';
import {
  type PodFact,
  WORKLOAD_KINDS,
  type WorkloadFact,
} from '../framework/facts/workloads';
import { capitalised } from '../../text/capitalised';
import { fullStop } from '../../text/fullStop';
import { listed } from '../../text/listed';
import {
  byOwner,
  changedElsewhere,
  moveCommands,
  runs,
  setEnvCommands,
  type Workload,
} from '../framework/workloadsOf';
import { quote } from '../probe/admissionRefusal';
import { optedOut, optedOutFix, optInCommands } from './lackingPods';
import { proxyCommands } from './outOfReach';
import { isReplacing } from './replacing';
import { consequenceOf, type KnownSdks, mattersTo, sdksOf } from './sdks';
import { harmOf, takeOutOf, WINNERS } from './shadowed';

/** What is wrong with the template of a workload. */
export interface TemplateFault {
  workload: WorkloadFact;
  /** What its pods would do: `set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`. */
  said: string;
  how: Lacking['how'];
  which?: string;
  /** Other containers of its pods have the identity. */
  partly?: true;
  fix(workload: Workload<PodFact>, namespace: string): readonly Command[];
}

/** The name of a workload where it stands for the pods that it would make. */
export const nameOfTemplate = ({ kind, name }: WorkloadFact) =>
  `${kind} ${name}`;

const CREDENTIALS_URI = 'AWS_CONTAINER_CREDENTIALS_FULL_URI';
const TOKEN_FILE = 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE';

/** Variables of Pod Identity that the template sets itself, so that the webhook leaves them alone. */
export const presetsOf = ({ containers }: PodFact) =>
  containers.flatMap(({ name, missing }) => {
    const set = [CREDENTIALS_URI, TOKEN_FILE].filter(
      variable => !missing.includes(variable),
    );
    return set.length > 0 ? [{ container: name, set }] : [];
  });

const isRead = (kind: string) => WORKLOAD_KINDS.some(known => known === kind);

/** Containers that the annotation leaves out and that call AWS, as the main one is there to do. */
const leftOutOf = ({ containers, skipContainers, mainContainer }: PodFact) =>
  containers.filter(
    ({ name, kind, awsSign }) =>
      kind !== 'init' &&
      skipContainers.includes(name) &&
      (name === mainContainer || awsSign !== undefined),
  );

/** Where the pods of a template would run, or what they would go through, and no agent would answer them. */
function outOfReach(
  workload: WorkloadFact,
  sdks: KnownSdks | undefined,
): TemplateFault | undefined {
  const { template } = workload;
  const { nodeSelector = {} } = template.placement;
  if (nodeSelector['kubernetes.io/os'] === 'windows') {
    return {
      workload,
      said: 'run on Windows nodes, which Pod Identity does not support',
      how: 'identity',
      fix: () => [],
    };
  }
  const running = template.containers.filter(({ kind }) => kind !== 'init');
  const proxied = running.filter(one => one.proxied === 'yes');
  return proxied.length > 0 && mattersTo('proxy', sdks)
    ? {
        workload,
        said: `send requests to the agent through a proxy${consequenceOf(
          'proxy',
          sdks,
        )}`,
        how: 'identity',
        ...(proxied.length < running.length ? { partly: true } : {}),
        fix: (_, namespace) => proxyCommands([template], namespace),
      }
    : undefined;
}

export function faultOf(
  workload: WorkloadFact,
  serviceAccount: string,
  sdks: KnownSdks | undefined,
): TemplateFault | undefined {
  const { template } = workload;
  if (workload.serviceAccount !== serviceAccount) {
    return {
      workload,
      said: `run under the service account ${workload.serviceAccount}`,
      how: 'identity',
      fix: (one, namespace) => moveCommands(namespace, serviceAccount, [one]),
    };
  }
  if (optedOut(template)) {
    return {
      workload,
      said: 'opt out of Pod Identity',
      how: 'identity',
      fix: (_, namespace) => optedOutFix(namespace, [template]).commands ?? [],
    };
  }
  const [harm] = harmOf(template, sdks);
  if (harm) {
    const which = WINNERS[harm.what];
    return {
      workload,
      said: harm.said,
      how: which ? 'other' : 'identity',
      ...(which ? { which } : {}),
      fix: (_, namespace) => takeOutOf(template, sdks, namespace).commands,
    };
  }
  const presets = presetsOf(template);
  if (presets.length > 0) {
    return {
      workload,
      said: `set ${presets[0].set.join(' and ')} themselves`,
      how: 'identity',
      fix: (one, namespace) =>
        setEnvCommands(namespace, [one], () =>
          presets.map(({ container, set }) => ({
            container,
            settings: set.map(variable => `${variable}-`),
          })),
        ),
    };
  }
  const left = leftOutOf(template).map(({ name }) => name);
  if (left.length === 0) return outOfReach(workload, sdks);
  return {
    workload,
    said: `leave ${listed(left)} out of Pod Identity`,
    how: 'identity',
    partly: true,
    fix: (one, namespace) => optInCommands(namespace, [one], left),
  };
}

/** Workloads whose templates are meant to give the identity. */
export function ownWorkloads(
  found: readonly WorkloadFact[],
  running: readonly PodFact[],
): WorkloadFact[] {
  const byAccount = found.filter(({ by }) => by === 'account');
  const isAlone = byAccount.length === 0 && running.length === 0;
  // A component may have further workloads that need no AWS, or have an account and an identity of their own.
  const isMeant = ({ evidence, namedAsAccount, ...one }: WorkloadFact) =>
    isAlone &&
    evidence !== undefined &&
    (namedAsAccount || one.serviceAccount === 'default');
  return found.filter(
    one =>
      one.by === 'account' ||
      // Its pods are of the account still, and its next ones are not.
      (one.by === 'pods' && (one.older || one.kind === 'CronJob')) ||
      isMeant(one),
  );
}

/** True while no pod of it runs, so that its template stands for them. */
export const hasNoPod = (
  { kind, name }: WorkloadFact,
  pods: readonly PodFact[],
  jobs: readonly WorkloadFact[],
) =>
  !pods
    .filter(runs)
    .some(
      ({ owner }) =>
        (owner.kind === kind && owner.name === name) ||
        jobs.some(
          job =>
            job.name === owner.name &&
            job.controller?.kind === kind &&
            job.controller.name === name,
        ),
    );

/** Of roll-outs that Kubernetes has given up, or whose pods it refuses. What stands is judged, if anything does. */
function stuckOutcome(
  stuck: readonly WorkloadFact[],
  idle: readonly WorkloadFact[],
  namespace: string,
): Outcome {
  const told = stuck.map(
    one =>
      `The roll-out of ${nameOfTemplate(one)} does not go on: ${fullStop(
        quote(one.stuck!.message),
      )}`,
  );
  return warn(told as [string, ...string[]], {
    lacking: idle.map(one => ({ how: 'start', pods: [nameOfTemplate(one)] })),
    fix: {
      cause:
        idle.length > 0
          ? 'A pod that does not run cannot use the identity.'
          : 'The pods of its former template run on, and were judged here.',
      actions: [
        'Remove what keeps its pods from starting, or go back to the former template. Its conditions and events say more.',
      ],
      commands: stuck.map(
        ({ kind, name }) => kubectl('describe', { kind, namespace, name })``,
      ),
    },
  });
}

export const workloadsTemplates = defineCheck({
  id: 'workloads.templates',
  category: 'workloads',
  title: 'The next pods of the workloads will have the identity',
  question:
    'Do the templates of the workloads give their next pods the service account, and nothing that comes before the identity?',
  neededBy: [],
  dependsOn: [{ check: 'service-account.exists', onlyWhenFailed: true }],
  needs: ['workloads', 'pods'],
  uses: ['evidence'],
  evaluate({ workloads, pods, evidence }, { ref, sdk }): Outcome {
    const { found, unseen } = workloads;
    const templates = found.map(({ template }) => template);
    const sdks = sdksOf(evidence, [...pods, ...templates], sdk);
    // The pods of a Job are of its template, and are judged themselves; a suspended one has none.
    const own = ownWorkloads(found, pods).filter(
      one =>
        one.kind !== 'Job' || (!one.controller && hasNoPod(one, pods, found)),
    );
    const unread = [
      unseen.length && ` ${unseen.join(', ')} could not be listed here.`,
      ...byOwner(pods.filter(runs))
        .filter(({ kind }) => kind !== 'Pod' && !isRead(kind))
        .map(
          ({ kind, name }) =>
            ` The template of ${kind} ${name} is of a kind that is not read here.`,
        ),
    ]
      .filter(Boolean)
      .join('');
    if (own.length === 0) {
      return skip(
        `Not applicable: no workload names this service account.${unread}`,
      );
    }
    const faults = own.flatMap(
      one => faultOf(one, ref.serviceAccount, sdks) ?? [],
    );
    const stuck = own.filter(one => one.stuck);
    if (faults.length === 0 && stuck.length > 0) {
      const idle = stuck.filter(one => hasNoPod(one, pods, found));
      return stuckOutcome(stuck, idle, ref.namespace);
    }
    if (faults.length === 0) {
      return pass(
        `${
          own.length === 1
            ? `The template of ${nameOfTemplate(own[0])} is`
            : `The templates of ${own.map(nameOfTemplate).join(', ')} are`
        } as the identity needs it.${unread}`,
      );
    }
    const asWorkload = ({
      workload: { kind, name, template },
    }: TemplateFault) => ({
      kind,
      name,
      pods: [template],
    });
    const idle = faults.filter(({ workload }) =>
      hasNoPod(workload, pods, found),
    );
    const counting = faults.filter(
      fault => idle.includes(fault) || isReplacing(fault.workload),
    );
    const say = counting.length > 0 ? warn : note;
    const named = faults.map(
      ({ workload, said }) =>
        `the next pods of ${nameOfTemplate(workload)} would ${said}`,
    );
    const commands = faults.flatMap(fault =>
      fault.fix(asWorkload(fault), ref.namespace),
    );
    return say(`${capitalised(named.join('; '))}.${unread}`, {
      ...(counting.length > 0 ? {} : { counted: true }),
      resource: {
        kind: faults[0].workload.kind.toLowerCase(),
        name: faults[0].workload.name,
      },
      lacking: counting.map(({ workload, how, which, partly }) => ({
        how,
        pods: [nameOfTemplate(workload)],
        ...(which ? { which } : {}),
        ...(partly ? { partly } : {}),
      })),
      fix: {
        cause:
          'A pod is made from the template of its workload; the pods that run now may be of an older one.',
        actions: [
          ...(commands.length > 0
            ? [
                'Change the template with this command; new pods then get the identity.',
              ]
            : []),
          ...changedElsewhere(faults.map(asWorkload)),
        ],
        commands,
      },
    });
  },
});
