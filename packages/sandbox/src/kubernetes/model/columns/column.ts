import { KubeObject } from '../../types';

/** One column of a Table answer. */
export interface Column {
  name: string;
  type: 'string' | 'integer' | 'date' | 'boolean';
  format?: string;
  /** Above 0, shown only with `-o wide`. */
  priority?: number;
  description: string;
  value(object: KubeObject, now: number): string | number | boolean;
}

/** An age in kubectl's format: at most the two largest units, coarser with time. */
function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 60 * 2) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) {
    return seconds % 60 ? `${minutes}m${seconds % 60}s` : `${minutes}m`;
  }
  if (minutes < 60 * 3) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) {
    return minutes % 60 ? `${hours}h${minutes % 60}m` : `${hours}h`;
  }
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (hours < 192) return hours % 24 ? `${days}d${hours % 24}h` : `${days}d`;
  if (days < 365 * 2) return `${days}d`;
  const years = Math.floor(days / 365);
  if (days < 365 * 8)
    return days % 365 ? `${years}y${days % 365}d` : `${years}y`;
  return `${years}y`;
}

export const since = (timestamp: string | undefined, now: number) =>
  timestamp ? humanDuration(now - Date.parse(timestamp)) : '<unknown>';

export const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description:
    'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names',
  value: o => o.metadata.name,
};

export const ageColumn: Column = {
  name: 'Age',
  type: 'string',
  description:
    'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata',
  value: (o, now) => since(o.metadata.creationTimestamp, now),
};

/** Columns of kinds without specific ones. */
export const DEFAULT_COLUMNS: Column[] = [nameColumn, ageColumn];

export const column = (
  name: string,
  value: Column['value'],
  more: Partial<Column> = {},
): Column => ({
  name,
  type: 'string',
  description: `${name}.`,
  value,
  ...more,
});

export const wide = (
  name: string,
  value: Column['value'],
  more: Partial<Column> = {},
): Column => column(name, value, { priority: 1, ...more });

const join = (values: string[]) =>
  values.length ? values.join(',') : '<none>';

export const labelMap = (labels: Record<string, string> | undefined) =>
  join(
    Object.keys(labels ?? {})
      .sort()
      .map(key => `${key}=${labels![key]}`),
  );

function selectorText(selector: any): string {
  const terms = Object.entries(selector?.matchLabels ?? {}).map(
    ([key, value]) => `${key}=${value}`,
  );
  for (const e of selector?.matchExpressions ?? []) {
    const set = `(${(e.values ?? []).join(',')})`;
    if (e.operator === 'In') terms.push(`${e.key} in ${set}`);
    if (e.operator === 'NotIn') terms.push(`${e.key} notin ${set}`);
    if (e.operator === 'Exists') terms.push(e.key);
    if (e.operator === 'DoesNotExist') terms.push(`!${e.key}`);
  }
  return join(terms);
}

const templateOf = (o: KubeObject) => o.spec?.template;

export const containersColumn = wide('Containers', o =>
  join((templateOf(o)?.spec?.containers ?? []).map((c: any) => c.name)),
);

export const imagesColumn = wide('Images', o =>
  join((templateOf(o)?.spec?.containers ?? []).map((c: any) => c.image)),
);

export const selectorColumn = wide('Selector', o =>
  selectorText(o.spec?.selector),
);
