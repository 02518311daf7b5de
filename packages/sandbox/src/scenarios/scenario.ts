import { AwsDirect } from '../aws/direct';
import { ClusterRef } from '../aws/direct/eks';
import { ControlError } from '../core/controlError';
import { SandboxCore } from '../core/contract';
import { KubernetesClusterHandle } from '../kubernetes';
import { SandboxCredentials } from '../seed/accounts';
import type ROWS from './rows.json';
import { identityFrom, Stage } from './stage';

/** A known failure: of EKS Pod Identity (numbers), or as only a real cluster shows it (E). */
export type RowId = keyof typeof ROWS;

/** What a scenario may change. */
export interface ScenarioContext {
  core: SandboxCore;
  aws: AwsDirect;
  credentials: SandboxCredentials;
  cluster(ref: ClusterRef): KubernetesClusterHandle;
}

/** A named change of the sandbox's state; the description explains its input. */
export interface Scenario {
  /** What it changes, in one sentence. */
  description: string;
  /** The known failures that it shows; none for one that only fills the sandbox. */
  rows: readonly RowId[];
  /** What one sees then. */
  shows?: string;
  run(
    context: ScenarioContext,
    input: Record<string, unknown>,
  ): unknown | Promise<unknown>;
}

/** A scenario that breaks one identity, which its input `identity` names. */
export interface Breaking {
  rows: readonly RowId[];
  description: string;
  shows: string;
  /** Cluster of the identity where the input names none. */
  cluster?: string;
  break(stage: Stage): unknown | Promise<unknown>;
}

/** Makes the identity whole if nothing of it exists, then breaks it. */
export function breaking(scenario: Breaking): Scenario {
  const { rows, description, shows } = scenario;
  return {
    rows,
    description,
    shows,
    async run(context, input) {
      const identity = identityFrom(input.identity, scenario.cluster);
      const stage = new Stage(context, identity);
      await stage.ensure();
      await scenario.break(stage);
      return { identity };
    },
  };
}

/** A whole number of a scenario's input. */
export function count(
  input: Record<string, unknown>,
  name: string,
  usual: number,
): number {
  const value = input[name] ?? usual;
  if (!Number.isInteger(value) || (value as number) < 1) {
    throw new ControlError(`${name} must be a whole number, 1 or more.`);
  }
  return value as number;
}
