import { readFileSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Block, readHcl } from './hcl';

const DEPLOY = resolve(__dirname, '../../../../../deploy');

/** The blocks of a module, which is a folder of deploy/. */
export const blocksOf = (folder: string): Block[] =>
  readdirSync(resolve(DEPLOY, folder))
    .filter(file => file.endsWith('.tf'))
    .flatMap(file =>
      readHcl(readFileSync(resolve(DEPLOY, folder, file), 'utf8')),
    );

/** A resource of a module, with what its expressions are worth. */
export interface PlannedResource {
  type: string;
  values: Record<string, any>;
}

const listed = (values: unknown) => {
  const list = values as string[];
  return list.length === 1 ? list[0] : list;
};

function conditionOf(blocks: Block[], scope: Record<string, unknown>) {
  const Condition: Record<string, Record<string, unknown>> = {};
  for (const { attributes: own } of blocks) {
    const keys = (Condition[own.test(scope) as string] ??= {});
    keys[own.variable(scope) as string] = listed(own.values(scope));
  }
  return blocks.length > 0 ? { Condition } : {};
}

/** A policy document as the AWS provider writes one. */
function policyJson(
  { blocks, attributes: whole }: Block,
  scope: Record<string, unknown>,
): string {
  const sources = (whole.source_policy_documents?.(scope) ?? []) as string[];
  const merged = sources.flatMap(text => JSON.parse(text).Statement);
  const own = blocks.map(({ attributes, blocks: inner }) => {
    const of = (name: string) => attributes[name]?.(scope);
    const named = (type: string) => inner.filter(one => one.type === type);
    return {
      Sid: of('sid'),
      Effect: of('effect') ?? 'Allow',
      Action: listed(of('actions')),
      ...(attributes.resources && { Resource: listed(of('resources')) }),
      ...Object.fromEntries(
        named('principals').map(({ attributes: who }) => [
          'Principal',
          { [who.type(scope) as string]: listed(who.identifiers(scope)) },
        ]),
      ),
      ...conditionOf(named('condition'), scope),
    };
  });
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [...merged, ...own],
  });
}

/** Of the length of those that the provider adds to a `name_prefix`. */
const SUFFIX = '20261130074455000000000001';

/** What the provider says of a resource once it is there. */
function computed(type: string, values: Record<string, any>, account: string) {
  const path = {
    aws_iam_role: `role/${values.name}`,
    aws_iam_policy: `policy/${values.name}`,
    aws_iam_openid_connect_provider: `oidc-provider/${String(
      values.url,
    ).replace('https://', '')}`,
  }[type];
  return path ? { arn: `arn:aws:iam::${account}:${path}` } : {};
}

/** Works out a module's resources and outputs, as `terraform plan` does. */
export function planModule(
  blocks: Block[],
  given: Record<string, unknown>,
  place: { account: string; region: string },
): { resources: PlannedResource[]; outputs: Record<string, unknown> } {
  const of = (type: string) => blocks.filter(block => block.type === type);
  const known: Record<string, any> = {
    var: {},
    local: {},
    data: {
      aws_caller_identity: { current: { account_id: place.account } },
      aws_partition: { current: { partition: 'aws' } },
      aws_region: { current: { id: place.region } },
      aws_iam_policy_document: {},
    },
  };
  for (const { labels, attributes } of of('variable')) {
    known.var[labels[0]] = given[labels[0]] ?? attributes.default({});
  }
  for (const { attributes } of of('variable').flatMap(one => one.blocks)) {
    if (!attributes.condition(known)) {
      throw new Error(String(attributes.error_message(known)));
    }
  }
  /** What a name is worth where something asks for it, because both may name resources. */
  const whenAsked = (object: object, name: string, get: () => unknown) =>
    Object.defineProperty(object, name, { get });
  for (const [name, value] of of('locals').flatMap(({ attributes }) =>
    Object.entries(attributes),
  )) {
    whenAsked(known.local, name, () => value(known));
  }
  for (const block of of('data').filter(
    ({ labels: [type] }) => type === 'aws_iam_policy_document',
  )) {
    const [type, name] = block.labels;
    whenAsked(known.data[type], name, () => ({
      json: policyJson(block, known),
    }));
  }
  const conditions = of('resource')
    .flatMap(({ blocks: inner }) => inner)
    .flatMap(({ blocks: inner }) => inner)
    .filter(({ type }) => type === 'precondition');
  for (const { attributes } of conditions) {
    if (!attributes.condition(known)) {
      throw new Error(String(attributes.error_message(known)));
    }
  }
  const resources: PlannedResource[] = [];
  for (const { labels, attributes } of of('resource')) {
    const [type, name] = labels;
    const { count, ...rest } = attributes;
    const one = () => {
      const values: Record<string, unknown> = Object.fromEntries(
        Object.entries(rest).map(([key, value]) => [key, value(known)]),
      );
      if (values.name_prefix) values.name = `${values.name_prefix}${SUFFIX}`;
      const whole = { ...values, ...computed(type, values, place.account) };
      resources.push({ type, values: whole });
      return whole;
    };
    known[type] ??= {};
    known[type][name] = count
      ? Array.from({ length: count(known) as number }, one)
      : one();
  }
  const outputs = Object.fromEntries(
    of('output').map(({ labels, attributes }) => [
      labels[0],
      attributes.value(known),
    ]),
  );
  return { resources, outputs };
}
