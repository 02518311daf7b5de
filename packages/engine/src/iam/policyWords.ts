import {
  asList,
  parsePolicyDocument,
  type PolicyStatement,
} from './policyDocument';
import { nounOf, serviceName, verbOf, type Noun } from './actionWords';

/** One thing that a policy allows or denies, in words. */
export interface PolicyLine {
  effect: 'allow' | 'deny';
  /** `reads objects of acme-payments-receipts`, to follow the name of the role. */
  text: string;
  /** `aws:SourceVpce is vpce-1`: all of them have to hold. */
  conditions: string[];
}

/** A resource as a person calls it. */
interface Named {
  /** As written, for what is not understood. */
  pattern: string;
  /** Undefined where it has no name: `*`. */
  name?: string;
}

/** What stands before the name in the last part of an ARN. */
const KINDS =
  /^(table|function|role|key|alias|secret|parameter|log-group|stream|cluster|topic|repository|event-bus|stateMachine|user|group|policy|db|trail|project|workgroup|catalog|database|alarm)[/:]/;

/** Secrets Manager adds six letters to each name, which policies mask. */
const SECRET_ENDING = /-\?{6}$/;

function nameIn(resource: string, accountId: string | undefined): string {
  const [, , service, , account, ...rest] = resource.split(':');
  const last = rest.join(':').replace(KINDS, '');
  const name =
    service === 'secretsmanager' ? last.replace(SECRET_ENDING, '') : last;
  const bare = service === 'logs' ? name.replace(/:\*$/, '') : name;
  const isElsewhere =
    accountId !== undefined &&
    /^\d{12}$/.test(account) &&
    account !== accountId;
  const shown = bare === '' || bare === '*' ? resource : bare;
  return isElsewhere && shown !== resource
    ? `${shown} of account ${account}`
    : shown;
}

const isArn = (pattern: string) =>
  pattern.startsWith('arn:') && pattern.split(':').length > 5;

function named(pattern: string, accountId: string | undefined): Named {
  if (pattern === '*') return { pattern };
  return {
    pattern,
    name: isArn(pattern) ? nameIn(pattern, accountId) : pattern,
  };
}

/** Where the key begins; a policy variable, such as the tag of the namespace, may have a slash of its own. */
const slashIn = (name: string) =>
  name.replace(/\$\{[^{}]*\}/g, text => '.'.repeat(text.length)).indexOf('/');

/** Of S3, where a bucket and what is in it are named alike. */
function objectsIn({ pattern, name }: Named): string | undefined {
  if (!name) return undefined;
  if (!isArn(pattern)) return name;
  const at = slashIn(name);
  const bucket = name.slice(0, at);
  const key = name.slice(at + 1);
  return key === '*' ? bucket : `${bucket}/${key}`;
}

/** Those of the resources that an action on such things can be about. */
function fitting(noun: Noun, resources: readonly Named[]): Named[] {
  return resources.filter(({ pattern, name }) => {
    if (!name || !isArn(pattern)) return true;
    const [, , service] = pattern.split(':');
    if (!/[*?]/.test(service) && service !== noun.service) return false;
    if (noun.of !== 'object' && noun.of !== 'bucket') return true;
    const hasKey = slashIn(name) >= 0;
    // A star at the end of a bucket's name covers what is in it, too
    return noun.of === 'object' ? hasKey || pattern.endsWith('*') : !hasKey;
  });
}

function inList(words: readonly string[]): string {
  const all = [...new Set(words)];
  return all.length > 1
    ? `${all.slice(0, -1).join(', ')} and ${all[all.length - 1]}`
    : all[0];
}

function placeOf(noun: Noun, resources: readonly Named[]): string {
  const fit = fitting(noun, resources);
  if (fit.length === 0) {
    return `nothing: ${inList(resources.map(({ pattern }) => pattern))} ${
      resources.length === 1 ? 'is' : 'are'
    } no ${noun.of === 'object' ? 'object, whose ARN has a slash' : noun.of}`;
  }
  if (fit.some(({ name }) => name === undefined)) return noun.all;
  return inList(
    fit.map(one =>
      noun.of === 'object' && slashIn(one.name!) >= 0
        ? objectsIn(one)!
        : one.name!,
    ),
  );
}

/** Actions that are said in the same words, in their order. */
function grouped(actions: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const action of actions) {
    const known = nounOf(action);
    const [service] = action.split(':');
    const key = known
      ? `known ${known.verb} ${known.noun.of} ${known.noun.all}`
      : `${verbOf(action)} ${service.toLocaleLowerCase('en-US')}`;
    groups.set(key, [...(groups.get(key) ?? []), action]);
  }
  return groups;
}

/** The name of an action without its service. */
const shortName = (action: string) => action.slice(action.indexOf(':') + 1);

/** Verbs that need no preposition before what they are about. */
const VERB_OF_ALL: Record<string, string> = { 'deletes in': 'deletes' };

/** One group of actions on these resources. */
function phrase(actions: readonly string[], resources: readonly Named[]) {
  const [first] = actions;
  if (first === '*') {
    return resources.some(({ name }) => name === undefined)
      ? 'does everything'
      : `does everything with ${inList(resources.map(one => one.name!))}`;
  }
  const known = nounOf(first);
  if (known) return `${known.verb} ${placeOf(known.noun, resources)}`;
  const on = resources.some(({ name }) => name === undefined)
    ? ''
    : ` on ${inList(resources.map(one => one.name!))}`;
  const [service] = first.split(':');
  if (actions.some(one => shortName(one) === '*')) {
    return `does everything in ${serviceName(service)}${on}`;
  }
  const names = actions.map(shortName).join(', ');
  const verb = verbOf(first);
  // A verb alone with a star, on everything: GetBucket* is less
  const isAll =
    !on &&
    verb !== 'calls' &&
    actions.some(one => /^[A-Z][a-z]+\*$/.test(shortName(one)));
  const does = isAll ? `${VERB_OF_ALL[verb] ?? verb} everything in` : verb;
  return `${does} ${serviceName(service)} (${names})${on}`;
}

const OPERATORS: Record<string, string> = {
  StringEquals: 'is',
  StringEqualsIgnoreCase: 'is',
  StringLike: 'is like',
  StringNotEquals: 'is not',
  StringNotLike: 'is not like',
  ArnEquals: 'is',
  ArnLike: 'is like',
  ArnNotEquals: 'is not',
  ArnNotLike: 'is not like',
  NumericEquals: 'is',
  Bool: 'is',
  IpAddress: 'is in',
  NotIpAddress: 'is not in',
};

/** One sentence for each key of each operator; an operator without a word of its own stays as written. */
function conditionsOf({ Condition }: PolicyStatement): string[] {
  if (Condition === undefined) return [];
  if (typeof Condition !== 'object' || Condition === null) {
    return [JSON.stringify(Condition)];
  }
  return Object.entries(Condition).flatMap(([operator, keys]) =>
    typeof keys === 'object' && keys !== null
      ? Object.entries(keys).map(
          ([key, values]) =>
            `${key} ${OPERATORS[operator] ?? operator} ${asList(values)
              .map(String)
              .join(' or ')}`,
        )
      : [`${operator} ${JSON.stringify(keys)}`],
  );
}

const texts = (value: unknown) => asList(value).map(String);

function linesOf(
  statement: PolicyStatement,
  accountId: string | undefined,
): PolicyLine[] {
  const { Action, NotAction, Resource, NotResource, Effect } = statement;
  const effect = Effect === 'Allow' ? ('allow' as const) : ('deny' as const);
  const conditions = conditionsOf(statement);
  const line = (text: string): PolicyLine => ({ effect, text, conditions });
  const isWhole =
    (Effect === 'Allow' || Effect === 'Deny') &&
    (Action === undefined) !== (NotAction === undefined) &&
    (Resource === undefined) !== (NotResource === undefined);
  // Nothing that IAM takes; better shown as it is than guessed
  if (!isWhole) return [line(JSON.stringify(statement))];
  const resources = texts(Resource).map(one => named(one, accountId));
  if (NotAction !== undefined || NotResource !== undefined) {
    const does =
      NotAction === undefined
        ? `does ${texts(Action).join(', ')}`
        : `does everything but ${texts(NotAction).join(', ')}`;
    const on =
      NotResource === undefined
        ? resources.map(({ pattern }) => pattern).join(', ')
        : `everything but ${texts(NotResource).join(', ')}`;
    return [line(on === '*' ? does : `${does} on ${on}`)];
  }
  return [...grouped(texts(Action)).values()].map(actions =>
    line(phrase(actions, resources)),
  );
}

/**
 * What a permissions policy says, in words: one line for each kind of access, in the order of the document. Actions
 * without words of their own are named as written, after what their names begin with.
 *
 * @param document - as IAM returns it; not a trust policy
 * @param accountId - of the role: resources of other accounts are said to be of these
 * @throws InputError when it is no policy document
 */
export function policyInWords(
  document: unknown,
  accountId?: string,
): PolicyLine[] {
  return parsePolicyDocument(document).Statement.flatMap(statement =>
    linesOf(statement, accountId),
  );
}
