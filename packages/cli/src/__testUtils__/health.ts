import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { Environment } from '@marcbachmann/cel-js';

/** What a health script of Argo CD answers. */
export interface ArgoHealth {
  status: string;
  message: string;
}

/** Runs a health script of Argo CD; what stands in for its Lua is in `argoHealth.mjs`. */
export function argoHealth(script: string, object: object): ArgoHealth {
  const program = join(__dirname, 'argoHealth.mjs');
  const input = JSON.stringify({ script, object });
  return JSON.parse(
    execFileSync(process.execPath, [program], { input, encoding: 'utf8' }),
  );
}

/** An entry of `healthCheckExprs` of a Kustomization. */
export interface HealthCheck {
  apiVersion: string;
  kind: string;
  current: string;
  inProgress?: string;
  failed?: string;
}

/**
 * What Flux makes of an object: the first expression that is true, in the order of its documentation. An expression that
 * cannot be answered has it wait. The fields of the object are the variables.
 */
export function fluxHealth(
  checks: readonly HealthCheck[],
  object: { apiVersion: string; kind: string },
): string {
  const check = checks.find(
    one => one.apiVersion === object.apiVersion && one.kind === object.kind,
  );
  if (!check) throw new Error(`No expression is for ${object.kind}.`);
  const environment = new Environment({ unlistedVariablesAreDyn: true });
  const order = ['inProgress', 'failed', 'current'] as const;
  return (
    order.find(name => {
      const expression = check[name];
      if (!expression) return false;
      return environment.evaluate(expression, { ...object }) === true;
    }) ?? 'waits'
  );
}
