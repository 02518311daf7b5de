import {
  defineCheck,
  fail,
  note,
  type Outcome,
  pass,
  skip,
  unknown,
} from '../framework/check';
import { type Fact, valueOf } from '../framework/fact';
import type {
  OwnDryRunFact,
  OwnDryRunsFact,
  WebhookFact,
} from '../framework/facts/admission';
import type { NamespaceFact } from '../framework/facts/serviceAccount';
import type { ContainerFact, PodFact } from '../framework/facts/workloads';
import type { Fix } from '../framework/fix';
import { listed } from '../../text/listed';
import { INJECTED_PARTS } from '../probe/injection';
import { inWords } from '../probe/podState';
import { FARGATE_PROFILE } from './unsupported';
import { consequenceOf, type KnownSdks, sdksOf } from './sdks';
import { harmOf } from './shadowed';
import { faultOf, nameOfTemplate } from './templates';
import {
  changedByOthers,
  registrationFix,
  replacedAccount,
} from '../admission/notInjected';
import {
  CONDITIONS,
  hasConditions,
  registrationTrouble,
} from '../admission/webhookRegistration';

type Seen = NonNullable<OwnDryRunFact['admitted']>;

/** Containers that were meant to have the identity and lack it; a sidecar without a sign of AWS may do so. */
function lackersOf({ containers }: Seen, template: PodFact): ContainerFact[] {
  const meant = containers.filter(
    ({ name, kind }) =>
      kind !== 'init' && !template.skipContainers.includes(name),
  );
  const without = meant.filter(({ injected }) => !injected);
  return without.length === meant.length
    ? without
    : without.filter(
        ({ name, awsSign, missing }) =>
          name === template.mainContainer ||
          awsSign !== undefined ||
          missing.length < INJECTED_PARTS,
      );
}

/** What of the identity the containers lack, or have otherwise than EKS sets it; never a value. */
function lackOf(lackers: readonly ContainerFact[]): string[] {
  const missing = [...new Set(lackers.flatMap(one => one.missing))];
  const other = lackers.flatMap(
    ({ name, kind, wrong = [], foreignCredentialsUri }) => {
      const set = [
        ...(foreignCredentialsUri
          ? [
              'AWS_CONTAINER_CREDENTIALS_FULL_URI to another address than that of the agent',
            ]
          : []),
        ...wrong,
      ];
      return set.length
        ? [`${inWords(kind, name)} has ${set.join(' and ')}`]
        : [];
    },
  );
  return [
    ...(missing.length
      ? [`${listed(missing)} ${missing.length === 1 ? 'is' : 'are'} missing`]
      : []),
    ...new Set(other),
  ];
}

/** The webhook of EKS left something in them. */
const called = (lackers: readonly ContainerFact[]) =>
  lackers.some(({ missing }) => missing.length < INJECTED_PARTS);

interface Around {
  others: OwnDryRunsFact['others'];
  webhook: Fact<WebhookFact | null>;
  namespace: NamespaceFact | null | undefined;
}

/** Why a pod whose template is as it should be lacks the identity. */
function fixOf(
  run: OwnDryRunFact,
  lackers: readonly ContainerFact[],
  { others, webhook, namespace }: Around,
): Fix {
  const trouble = registrationTrouble(webhook, namespace, {
    of: `${run.kind} ${run.name}`,
    labels: run.labels,
  });
  if (trouble) return registrationFix(trouble);
  return called(lackers)
    ? changedByOthers(others)
    : changedByOthers(
        others,
        'A webhook decides by the labels, the annotations or the spec of a pod, and not by its service account alone: that of EKS was not called for this template, or another one took away all that it adds.',
      );
}

/** What admission adds to a pod that comes before the identity, and its template does not say. */
function addedTo({ containers }: Seen, template: PodFact, sdks?: KnownSdks) {
  const has = new Set(harmOf(template, sdks).map(({ what }) => what));
  return harmOf({ ...template, containers }, sdks).filter(
    ({ what }) => !has.has(what),
  );
}

const isProxied = (containers: readonly ContainerFact[]) =>
  containers.some(({ kind, proxied }) => kind !== 'init' && proxied === 'yes');

const ADDED =
  'Neither EKS nor the template puts that there: an admission webhook does. The running pods are older.';

const OFF_FARGATE: Fix = {
  cause:
    'A Fargate profile selects pods with these labels in this namespace, and there is no agent on Fargate. The running pods are older.',
  actions: [
    'Change the labels of the template so that no profile selects them, or use IRSA for this workload. A profile cannot be changed: its owner makes one that leaves them out and deletes this one.',
  ],
};

/** Its pods are there already, and are judged as those that run. */
const isOnFargate = ({ kind, name }: OwnDryRunFact, pods: readonly PodFact[]) =>
  pods.some(
    ({ owner, labels }) =>
      owner.kind === kind && owner.name === name && FARGATE_PROFILE in labels,
  );

/** What is wrong with one of the pods. */
interface Finding {
  run: OwnDryRunFact;
  said: string;
  fix: Fix;
}

export const admissionOwnTemplates = defineCheck({
  id: 'admission.own-templates',
  category: 'admission',
  title: 'New pods of the workloads receive the identity',
  question:
    "Does the API server give pods of the workloads' own templates the variables and the token of Pod Identity, and leave their service account?",
  neededBy: [],
  dependsOn: [
    { check: 'cluster.active', onlyWhenFailed: true },
    { check: 'cluster.supported', onlyWhenFailed: true },
    { check: 'association.exists', onlyWhenFailed: true },
    { check: 'service-account.exists', onlyWhenFailed: true },
  ],
  needs: ['ownDryRuns', 'workloads'],
  uses: ['admission', 'webhook', 'namespace', 'pods', 'evidence'],
  evaluate(
    { ownDryRuns, workloads, admission, webhook, namespace, pods, evidence },
    { ref, sdk },
  ): Outcome {
    const { runs, untried, others } = ownDryRuns;
    const probe = valueOf(admission);
    const probeLacksIt = probe?.injected === 0;
    const flapping =
      probe !== undefined && !probeLacksIt && probe.injected < probe.answered;
    if (runs.length === 0) {
      return skip(
        'Not applicable: no template of a workload names this service account.',
      );
    }
    const around = { others, webhook, namespace: valueOf(namespace) };
    const running = valueOf(pods) ?? [];
    const templates = workloads.found.map(({ template }) => template);
    const sdks = sdksOf(evidence, [...running, ...templates], sdk);
    const good: string[] = [];
    const untold: string[] = [];
    const noted: string[] = [];
    const explained: string[] = [];
    const findings: Finding[] = [];
    for (const run of runs) {
      const { kind, name, admitted, refused, blocked } = run;
      const workload = workloads.found.find(
        one => one.kind === kind && one.name === name,
      );
      const fault =
        workload && faultOf(workload, ref.serviceAccount, sdks)?.said;
      const lackers =
        admitted && workload ? lackersOf(admitted, workload.template) : [];
      const byChance = flapping && lackers.length > 0 && !called(lackers);
      if (blocked && probe) {
        // The probe was taken, so this is about the pods of the workload.
        noted.push(
          `A new pod of ${kind} ${name} cannot be made now: ${refused}`,
        );
      } else if (!admitted || !workload || byChance) {
        untold.push(
          `Whether a new pod of ${kind} ${name} receives the identity cannot be told: ${
            refused ?? 'it depends on which API server answers.'
          }`,
        );
      } else if (fault) {
        explained.push(
          `the next pods of ${nameOfTemplate(workload)} would ${fault}`,
        );
      } else if (admitted.serviceAccount !== ref.serviceAccount) {
        findings.push({
          run,
          said: `admission puts it under the service account ${admitted.serviceAccount}`,
          fix: replacedAccount(ref.serviceAccount, others),
        });
      } else if (lackers.length > 0) {
        findings.push({
          run,
          said: lackOf(lackers).join('; '),
          fix: fixOf(run, lackers, around),
        });
      } else if (admitted.fargate && !isOnFargate(run, running)) {
        findings.push({
          run,
          said: 'EKS puts it on Fargate, where there is no agent',
          fix: OFF_FARGATE,
        });
      } else {
        const [added] = addedTo(admitted, workload.template, sdks);
        if (added) {
          findings.push({
            run,
            said: `admission lets it ${added.said}${consequenceOf(
              added.what,
              sdks,
            )}`,
            fix: changedByOthers(others, ADDED),
          });
          continue;
        }
        good.push(`${kind} ${name}`);
        if (
          isProxied(admitted.containers) &&
          !isProxied(workload.template.containers)
        ) {
          noted.push(
            `Admission gives a new pod of ${kind} ${name} a proxy that does not spare the agent${consequenceOf(
              'proxy',
              sdks,
            )}.`,
          );
        }
      }
    }
    if (good.length > 0 && hasConditions(webhook)) noted.push(CONDITIONS);
    const further = [
      ...untold,
      ...(untried === 1 ? ['1 further workload was not tried.'] : []),
      ...(untried > 1 ? [`${untried} further workloads were not tried.`] : []),
    ];
    if (findings.length > 0) {
      const [{ run, fix }] = findings;
      return fail(
        [
          ...findings.map(
            one =>
              `A new pod of ${one.run.kind} ${one.run.name} does not receive the identity: ${one.said}.`,
          ),
          ...further,
        ] as [string, ...string[]],
        {
          resource: { kind: run.kind.toLowerCase(), name: run.name },
          explainedBy: { oneOf: probeLacksIt ? ['admission.injects'] : [] },
          fix,
        },
      );
    }
    if (good.length === 0 && noted.length > 0) {
      return note([...noted, ...further] as [string, ...string[]], {
        counted: true,
      });
    }
    if (good.length === 0) {
      return untold.length
        ? unknown(
            untold as [string, ...string[]],
            // The same keeps the probe out.
            admission.known
              ? {}
              : { explainedBy: { check: 'admission.injects' } },
          )
        : skip(
            `Not checked, because ${explained.join(
              '; ',
            )}, which their templates say themselves.`,
            { explainedBy: { check: 'workloads.templates' } },
          );
    }
    const said: [string, ...string[]] = [
      `${
        good.length === 1
          ? `A new pod of ${good[0]} receives`
          : `New pods of ${listed(good)} receive`
      } the identity, as the API server says.`,
      ...explained.map(one => `Not judged: ${one}.`),
      ...noted,
      ...further,
    ];
    if (noted.length > 0) return note(said, { counted: true });
    return untold.length > 0 ? note(said) : pass(said);
  },
});
