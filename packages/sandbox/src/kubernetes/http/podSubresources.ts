import { bindPod } from '../api/binding';
import { DeleteOptions } from '../api/deletion';
import { Status, success } from '../model/status';
import { ApiServerDependencies } from './dependencies';
import { Answer, Exchange } from './objects';
import { readVirtual } from './virtual';

const CREATED: Answer = {
  code: 201,
  body: { ...success(), code: 201 } satisfies Status,
};

/** `pods/eviction`: a delete that the API server may put off for a disruption budget, of which the sandbox has none. */
export async function evict(
  deps: ApiServerDependencies,
  exchange: Exchange,
): Promise<Answer> {
  const { def, namespace, name } = exchange.resource;
  deps.registry.get(def, namespace, name!);
  const { deleteOptions } = await readVirtual(deps, exchange, {
    group: 'policy',
    version: 'v1',
    kind: 'Eviction',
    schema: 'V1Eviction',
  });
  const target = { def, namespace, name: name! };
  const options = (deleteOptions ?? {}) as DeleteOptions;
  await deps.registry.delete(target, options, exchange.context);
  return CREATED;
}

/** `pods/binding`: assigns a pod to a node, which need not exist. */
export async function bind(
  deps: ApiServerDependencies,
  exchange: Exchange,
): Promise<Answer> {
  const { def, namespace, name } = exchange.resource;
  const binding = await readVirtual(deps, exchange, {
    group: '',
    version: 'v1',
    kind: 'Binding',
    schema: 'V1Binding',
  });
  const place = { namespace, name: name!, node: binding.target?.name ?? '' };
  bindPod(deps.store, def, place, {
    now: deps.core.clock.now(),
    dryRun: exchange.context.dryRun,
  });
  return CREATED;
}
