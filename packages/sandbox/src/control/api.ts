import { AwsDirect } from '../aws/direct';
import { ClusterRef } from '../aws/direct/eks';
import { AwsReply, AwsRequest } from '../aws/protocol/request';
import { countByOperation } from '../core/calls';
import { Delays, RecordedCall } from '../core/contract';
import { Core } from '../core/core';
import { DELAY_NAMES } from '../core/delays';
import { matchesPattern } from '../core/latency';
import { KubernetesClusterHandle } from '../kubernetes';
import { SandboxCredentials } from '../seed/accounts';
import { CLUSTER_METHODS, callDirect } from './direct';
import { setFaults } from './faults';
import { list, number, text } from './read';
import { ControlError } from '../core/controlError';
import { controlHandler } from './router';
import type { Scenario } from '../scenarios/scenario';

/** What the control API controls. */
export interface ControlTargets {
  core: Core;
  aws: AwsDirect;
  credentials: SandboxCredentials;
  scenarios: ReadonlyMap<string, Scenario>;
  /** Direct access to one cluster's Kubernetes side. */
  cluster(ref: ClusterRef): KubernetesClusterHandle;
  summary(): unknown;
  snapshot(name: string): void;
  restore(name: string): Promise<void>;
}

function readDelays(body: Record<string, unknown>): Partial<Delays> {
  const delays: Partial<Delays> = {};
  for (const name of Object.keys(body)) {
    if (!DELAY_NAMES.includes(name as keyof Delays)) {
      throw new ControlError(
        `Unknown delay ${name}. The delays are ${DELAY_NAMES.join(', ')}.`,
      );
    }
    delays[name as keyof Delays] = number(body, name);
  }
  return delays;
}

function selected(core: Core, query: AwsRequest['query']): RecordedCall[] {
  const pattern = query.operation;
  return core.calls
    .calls()
    .filter(
      call =>
        (query.write === undefined || String(call.write) === query.write) &&
        (query.internal === undefined ||
          String(call.internal) === query.internal) &&
        (query.fault === undefined ||
          String(call.fault !== undefined) === query.fault) &&
        (typeof pattern !== 'string' ||
          matchesPattern(pattern, `${call.service}:${call.operation}`)),
    );
}

/** The control API: loopback only, JSON in and out, separate from the APIs that the sandbox imitates. */
export function controlApi(
  targets: ControlTargets,
): (request: AwsRequest) => Promise<AwsReply | undefined> {
  const { core } = targets;
  const clock = () => ({ now: core.clock.now(), rate: core.clock.rate });
  return controlHandler({
    'GET /': () => targets.summary(),
    'GET /credentials': () => targets.credentials,

    'GET /clock': clock,
    'POST /clock/advance': async ({ body }) => {
      await core.clock.advance(number(body, 'ms'));
      return clock();
    },
    'POST /clock/rate': ({ body }) => {
      core.clock.setRate(number(body, 'rate'));
      return clock();
    },

    'GET /delays': () => core.delays,
    'POST /delays': ({ body }) => Object.assign(core.delays, readDelays(body)),

    'GET /latency': () => core.latency.rules(),
    'POST /latency': ({ body }) => {
      core.latency.set(text(body, 'pattern'), number(body, 'ms'));
      return core.latency.rules();
    },
    'DELETE /latency': () => core.latency.clear(),

    'GET /faults': () => core.faults.state(),
    'POST /faults': ({ body }) => setFaults(core, body),
    'DELETE /faults': () => core.faults.clear(),

    'GET /calls': ({ query }) => selected(core, query),
    'GET /calls/counters': ({ query }) =>
      countByOperation(selected(core, query)),
    'DELETE /calls': () => core.calls.reset(),

    'POST /snapshots': ({ body }) => targets.snapshot(text(body, 'name')),
    'POST /snapshots/{name}/restore': ({ path }) => targets.restore(path.name),

    'GET /scenarios': () =>
      [...targets.scenarios].map(([name, { description, rows, shows }]) => ({
        name,
        description,
        rows,
        shows,
      })),
    'POST /scenarios/{name}': ({ path, body }) => {
      const scenario = targets.scenarios.get(path.name);
      if (!scenario) {
        throw new ControlError(
          `There is no scenario ${path.name}. The scenarios are ${[
            ...targets.scenarios.keys(),
          ].join(', ')}.`,
          404,
        );
      }
      return scenario.run(targets, body);
    },

    'POST /aws': ({ body }) =>
      callDirect(targets.aws, text(body, 'method'), list(body, 'args')),

    'POST /kubernetes': ({ body }) => {
      const method = text(body, 'method');
      if (!(CLUSTER_METHODS as readonly string[]).includes(method)) {
        throw new ControlError(`There is no method ${method}.`, 404);
      }
      const handle = targets.cluster(body.cluster as ClusterRef);
      return callDirect(handle, method, list(body, 'args'));
    },
  });
}
