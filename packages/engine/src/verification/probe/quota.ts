import { between } from '../../text/search';
import { addQuantities, quantityOf } from '../../kubernetes/quantity';
import { kubectl } from '../../text/bash';
import { clusterSettingOf, type Voice } from '../../text/voice';
import type { Fix } from '../framework/fix';
import {
  CPU_LIMIT,
  DEFAULT_RESOURCES,
  MEMORY_OF_CLI,
} from './defaultResources';

/** `pods=1,limits.cpu=500m` */
const figures = (text: string | undefined): [string, string][] =>
  (text ?? '')
    .split(',')
    .map(one => one.trim().split('='))
    .filter((one): one is [string, string] => one.length === 2);

/** What a quota has to be, so that the probe fits too; undefined where its message does not tell. */
function roomyQuota(
  text: string,
): { name: string; hard: Record<string, string> } | undefined {
  const [, name, requested, used] =
    /exceeded quota: (\S+), requested: (\S+), used: (\S+), limited: /.exec(
      text,
    ) ?? [];
  const before = new Map(figures(used));
  const sums = figures(requested).map(
    ([resource, value]) =>
      [resource, addQuantities(value, before.get(resource) ?? '')] as const,
  );
  return name && sums.length && sums.every(([, sum]) => sum !== undefined)
    ? { name, hard: Object.fromEntries(sums) as Record<string, string> }
    : undefined;
}

/** `: limits.cpu=500m`, as Kubernetes counted it; empty where it does not say. */
function askedFor(text: string): string {
  const counted = between(text, 'requested: ', ', used:');
  return counted ? `: ${counted}` : '';
}

/** A quota that is used up. */
export function quotaFix(text: string, namespace: string): Fix {
  const roomy = roomyQuota(text);
  const patch = { spec: { hard: roomy?.hard } };
  const kind = 'resourcequota';
  return {
    cause: 'The namespace has used up its quota.',
    actions: [
      `Free resources in the namespace, or raise the quota by what the probe asks for${askedFor(
        text,
      )}.${
        roomy
          ? ' The command raises it to what is used and asked for; the probe gives its part back.'
          : ''
      }`,
    ],
    commands: [
      roomy
        ? kubectl('patch', {
            kind,
            name: roomy.name,
            namespace,
          })`--type merge --patch ${JSON.stringify(patch)}`
        : kubectl('describe', { kind, namespace })``,
    ],
  };
}

type Resources = Record<'requests' | 'limits', Record<string, string>>;

const isLess = (one: string | undefined, other: string) =>
  (quantityOf(one ?? '0') ?? 0) < (quantityOf(other) ?? 0);

/** The part of a size, in the usual unit, rounded up. */
const partOf = (resource: string, size: string, parts: number) =>
  resource === 'cpu'
    ? `${Math.ceil(((quantityOf(size) ?? 0) * 1000) / parts)}m`
    : `${Math.ceil((quantityOf(size) ?? 0) / parts / 2 ** 20)}Mi`;

/** The probe's usual size, changed by what a LimitRange complains about; undefined where that is not a size. */
function fittingSize(text: string): Resources | undefined {
  const size: Resources = structuredClone<Resources>(DEFAULT_RESOURCES);
  const faults = [
    ...text.matchAll(
      /(minimum|maximum) ([\w.-]+) usage per Container is (\w+), but (request|limit) is \w+/g,
    ),
  ];
  for (const [, bound, resource, value, what] of faults) {
    size[what === 'limit' ? 'limits' : 'requests'][resource] = value;
    const { requests, limits } = size;
    if (bound === 'maximum' && isLess(value, requests[resource])) {
      requests[resource] = value;
    } else if (limits[resource] && isLess(limits[resource], value)) {
      limits[resource] = value;
    }
  }
  const ratios = [
    ...text.matchAll(
      /(cpu|memory) max limit to request ratio per Container is ([\d.]+), but provided ratio/g,
    ),
  ];
  for (const [, resource, ratio] of ratios) {
    size.limits[resource] ??= CPU_LIMIT;
    const request = partOf(resource, size.limits[resource], Number(ratio));
    if (isLess(size.requests[resource], request)) {
      size.requests[resource] = request;
    }
  }
  return faults.length + ratios.length ? size : undefined;
}

/** A number alone would be none of the texts that app-config takes. */
const lines = (values: Record<string, string>) =>
  Object.entries(values).map(
    ([name, value]) =>
      `      ${name}: ${/^[\d.]+$/.test(value) ? `'${value}'` : value}`,
  );

/** A LimitRange that the probe does not fit. */
export function limitRangeFix(
  text: string,
  namespace: string,
  voice: Voice,
): Fix {
  const size = fittingSize(text);
  const most = size?.limits.memory;
  if (most && isLess(most, MEMORY_OF_CLI)) {
    return {
      cause: `The LimitRange allows a container at most ${most} of memory, and the AWS CLI in the probe needs ${MEMORY_OF_CLI}: no setting makes the probe fit.`,
      actions: [
        `Raise max.memory of the LimitRange, which the command shows, to ${MEMORY_OF_CLI} or more.`,
      ],
      commands: [kubectl('describe', { kind: 'limitrange', namespace })``],
    };
  }
  return {
    cause: 'The probe is smaller or larger than the LimitRange allows.',
    actions: [
      `Set fitting requests and limits in ${clusterSettingOf(
        voice,
        'probe.resources',
      )}.`,
    ],
    commands: size
      ? []
      : [kubectl('describe', { kind: 'limitrange', namespace })``],
    snippet: size && {
      language: 'yaml',
      text: [
        'probe:',
        '  resources:',
        '    requests:',
        ...lines(size.requests),
        '    limits:',
        ...lines(size.limits),
      ].join('\n'),
    },
  };
}
