import { ConflictError } from '@backstage/errors';
import type { Gate, GateResult } from './gate';
import type { ServiceAccountOutlook } from './serviceAccount/planServiceAccount';
import type { PlanBuilder } from './steps/PlanBuilder';
import { noAccessReason } from './steps/reading';
import { explain, Scope } from './steps/scope';
import { deed } from './steps/deed';

/** The last step of an associate: do new pods receive the identity? */
export class EffectivenessGate {
  /** Once the step is done. */
  result?: GateResult;
  readonly #scope: Scope;
  readonly #verification: Gate;
  readonly #onStart: () => void;

  /** @param onStart - called when the step begins */
  constructor(scope: Scope, verification: Gate, onStart: () => void) {
    this.#scope = scope;
    this.#verification = verification;
    this.#onStart = onStart;
  }

  /** @param required - the step fails unless new pods receive the identity, and what depends on it is not done */
  plan(
    builder: PlanBuilder,
    serviceAccount: ServiceAccountOutlook,
    timeoutSeconds: number | undefined,
    { required = false }: { required?: boolean } = {},
  ): void {
    const off = this.#scope.cluster.kubernetes.access === 'none';
    builder.add(
      {
        id: 'gate',
        resource: { kind: 'gate', name: 'new pods receive the identity' },
        owner: 'external',
        change: 'keep',
        reason: off
          ? `not asked: ${noAccessReason(this.#scope)}`
          : 'dry runs, nothing is stored',
        dependsOn: ['association', ...builder.ids('service-account', 'agent')],
      },
      {
        ...deed('wait', 'until new pods receive the identity'),
        run: async step => {
          this.#onStart();
          this.result = await this.#ask(serviceAccount, timeoutSeconds);
          const { effective, message } = this.result;
          if (effective !== 'yes') {
            if (required) throw new ConflictError(message);
            step.warn(`Not known to be effective: ${message}`);
          }
          return message;
        },
      },
    );
  }

  /** Why new pods are not known to receive the identity, once the step is done. */
  get obstacle(): string | undefined {
    return this.result?.effective === 'yes'
      ? undefined
      : this.result?.message ?? 'whether new pods receive it was not asked';
  }

  async #ask(
    serviceAccount: ServiceAccountOutlook,
    timeoutSeconds: number | undefined,
  ): Promise<GateResult> {
    const scope = this.#scope;
    if (scope.cluster.kubernetes.access === 'none') {
      return unknown(noAccessReason(scope));
    }
    if (serviceAccount === 'missing') {
      return unknown('no pod can be tried before the service account exists');
    }
    try {
      return await this.#verification.waitUntilEffective(
        scope.ref,
        {
          deadlineMs: timeoutSeconds
            ? timeoutSeconds * 1000
            : scope.context.config.timings.gateDeadline,
        },
        scope.context,
      );
    } catch (error) {
      if (scope.context.signal.aborted) throw error;
      // The identity exists; the portal only could not test whether it is effective yet.
      return unknown(
        explain(scope, 'ask whether new pods receive the identity', error)
          .message,
      );
    }
  }
}

function unknown(message: string): GateResult {
  return { effective: 'unknown', message, afterMs: 0, attempts: 0 };
}
