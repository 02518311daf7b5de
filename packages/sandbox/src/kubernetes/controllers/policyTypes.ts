import { SandboxCore } from '../../core/contract';
import { below, syntaxOf } from '../admission/cel';
import { apiVersionOf, findResource } from '../model/resources';
import { FieldType, fieldsOf } from '../schema/schema';
import { KubeObject } from '../types';
import { InternalClient } from './client';
import { WorkQueue } from './workQueue';

const POLICIES = 'validatingadmissionpolicies';

/** The fields that an expression reads of an object of this kind, and that the kind does not have, with their places. */
function undefinedFields(expression: string, model: string) {
  const found: { name: string; at: number }[] = [];
  /** The type of a node; undefined where only a request tells it. */
  const typeOf = (node: any): FieldType | undefined => {
    const { op, args } = node;
    if (op === 'id' && /^(object|oldObject)$/.test(args)) {
      return { type: 'object', model };
    }
    if (!['.', '.?', '[]', '[?]'].includes(op)) {
      below(node).forEach(typeOf);
      return undefined;
    }
    const [of, name] = args;
    const type = typeOf(of);
    if (op.startsWith('[')) typeOf(name);
    if (type?.type === 'map') return type.value;
    if (type?.type === 'list') return type.item;
    const fields = type?.type === 'object' && fieldsOf(type.model);
    if (!fields || op.startsWith('[')) return undefined;
    if (!fields.has(name)) found.push({ name, at: node.pos - op.length });
    return fields.get(name)?.type;
  };
  typeOf(syntaxOf(expression));
  return found;
}

/** What Kubernetes says of the expressions of a policy and the kinds that it names. */
function warningsOf({ spec }: KubeObject) {
  const rules: any[] = spec.matchConstraints?.resourceRules ?? [];
  const kinds = rules.flatMap(({ apiGroups, apiVersions, resources }) =>
    resources.flatMap(
      (one: string) => findResource(apiGroups[0], apiVersions[0], one) ?? [],
    ),
  );
  const fields = ['variables', 'validations'].flatMap(list =>
    (spec[list] ?? []).map(({ expression }: any, index: number) => ({
      fieldRef: `spec.${list}[${index}].expression`,
      expression,
    })),
  );
  return fields.flatMap(({ fieldRef, expression }) => {
    const lines = kinds.flatMap(def =>
      undefinedFields(expression, def.schema).map(
        ({ name, at }) =>
          `${apiVersionOf(def)}, Kind=${def.kind}: ERROR: <input>:1:${
            at + 1
          }: undefined field '${name}'\n | ${expression}\n | ${'.'.repeat(
            at,
          )}^`,
      ),
    );
    return lines.length > 0 ? [{ fieldRef, warning: lines.join('\n') }] : [];
  });
}

/** Writes into the status of a ValidatingAdmissionPolicy which fields of its expressions a kind does not have. */
export class PolicyTypesController {
  readonly #queue: WorkQueue;
  #stop = () => {};

  constructor(core: SandboxCore, private readonly client: InternalClient) {
    this.#queue = new WorkQueue(
      name => this.reconcile(name),
      (error, name) => core.log(`Checking types failed on ${name}: ${error}`),
    );
  }

  start() {
    this.#stop = this.client.watch(POLICIES, ({ object: { metadata } }) =>
      this.#queue.add(metadata.name),
    );
  }

  stop() {
    this.#queue.stop();
    this.#stop();
  }

  private async reconcile(name: string) {
    const policy = this.client.get(POLICIES, undefined, name);
    const { generation } = policy?.metadata ?? {};
    if (!policy || policy.status?.observedGeneration === generation) return;
    const warnings = warningsOf(policy);
    await this.client.changeStatus(POLICIES, undefined, name, object => {
      object.status = {
        observedGeneration: generation,
        typeChecking: warnings.length ? { expressionWarnings: warnings } : {},
      };
    });
  }
}
