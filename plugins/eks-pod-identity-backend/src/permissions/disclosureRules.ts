import type {
  ApplicationProof,
  CheckFix,
  CheckResult,
  EntityIdentities,
  Identity,
  Operation,
  OperationEvent,
  OperationResult,
  Plan,
  PlanStep,
  ReportPage,
  ReportSummary,
  ServiceAccountRef,
  Timeline,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import type { Rule } from './disclosure';

// What is stored once, for everybody who may read about its service account, and answered to each reader by these rules.

const ref: Rule<ServiceAccountRef> = {
  fields: {
    cluster: 'verbatim',
    namespace: 'verbatim',
    serviceAccount: 'verbatim',
  },
};

const fix: Rule<CheckFix> = {
  fields: {
    cause: 'sentence',
    actions: { each: 'sentence' },
    snippet: { fields: { language: 'verbatim', text: 'sentence' } },
    rerun: 'verbatim',
  },
};

const workloads = {
  each: {
    fields: { kind: 'verbatim', name: 'sentence', pods: 'verbatim' },
  },
} as const;

export const checkRule: Rule<CheckResult> = {
  fields: {
    id: 'verbatim',
    category: 'verbatim',
    title: 'sentence',
    status: 'verbatim',
    message: 'sentence',
    expected: 'sentence',
    observed: 'sentence',
    fix,
    docsUrl: 'verbatim',
    resource: {
      fields: {
        kind: 'verbatim',
        name: 'sentence',
        consoleUrl: 'verbatim',
      },
    },
    durationMs: 'verbatim',
    attempts: 'verbatim',
    becauseOf: 'verbatim',
    blames: 'verbatim',
    advisory: 'verbatim',
    nearby: 'suggestions',
    restart: workloads,
  },
};

const application: Rule<ApplicationProof> = {
  fields: {
    pod: { fields: { uid: 'verbatim', name: 'verbatim' } },
    at: 'verbatim',
    obtained: 'verbatim',
    running: 'verbatim',
    sdk: 'verbatim',
    version: 'verbatim',
    services: { each: 'verbatim' },
  },
};

export const reportRule: Rule<VerificationReport> = {
  fields: {
    id: 'verbatim',
    ref,
    entityRef: 'entity',
    trigger: 'verbatim',
    startedBy: 'entity',
    status: 'verbatim',
    proof: 'verbatim',
    probe: 'verbatim',
    application,
    callerArn: 'verbatim',
    expectedRoleArn: 'verbatim',
    expectedRoleSource: 'verbatim',
    effectiveAfterMs: 'verbatim',
    fingerprint: 'verbatim',
    surroundings: 'verbatim',
    startedAt: 'verbatim',
    finishedAt: 'verbatim',
    checks: { each: checkRule },
    engineVersion: 'verbatim',
    reused: 'verbatim',
    timelineOf: 'verbatim',
  },
};

const step: Rule<PlanStep> = {
  fields: {
    id: 'verbatim',
    resource: {
      fields: {
        kind: 'verbatim',
        name: 'sentence',
        consoleUrl: 'verbatim',
      },
    },
    change: 'verbatim',
    before: 'json',
    after: 'json',
    owner: 'verbatim',
    reason: 'sentence',
    dependsOn: { each: 'verbatim' },
    choice: { fields: { roleArn: 'verbatim', replaceRole: 'verbatim' } },
  },
};

export const planRule: Rule<Plan> = {
  fields: {
    kind: 'verbatim',
    ref,
    steps: { each: step },
    warnings: { each: 'sentence' },
    affectedWorkloads: workloads,
    changes: 'verbatim',
    conflicts: 'verbatim',
  },
};

const result: Rule<OperationResult> = {
  by: 'kind',
  cases: {
    associate: {
      fields: {
        kind: 'verbatim',
        applied: 'verbatim',
        changed: 'verbatim',
        roleArn: 'verbatim',
        effectiveRoleArn: 'verbatim',
        roleName: 'verbatim',
        associationId: 'verbatim',
        associationArn: 'verbatim',
        externalId: 'verbatim',
        taggedEntityRef: 'entity',
        clusterName: 'verbatim',
        eksClusterName: 'verbatim',
        namespace: 'verbatim',
        serviceAccount: 'verbatim',
        serviceAccountManifest: 'sentence',
        targetTrustPolicy: 'sentence',
        effective: 'verbatim',
        effectiveAfterSeconds: 'verbatim',
        plan: planRule,
        warnings: { each: 'sentence' },
        links: 'links',
      },
    },
    verify: {
      fields: {
        kind: 'verbatim',
        status: 'verbatim',
        proof: 'verbatim',
        callerArn: 'verbatim',
        passed: 'verbatim',
        failed: 'verbatim',
        reused: 'verbatim',
        report: reportRule,
        links: 'links',
      },
    },
    teardown: {
      fields: {
        kind: 'verbatim',
        applied: 'verbatim',
        changed: 'verbatim',
        removed: { each: { fields: { kind: 'verbatim', name: 'sentence' } } },
        kept: {
          each: {
            fields: { kind: 'verbatim', name: 'sentence', reason: 'sentence' },
          },
        },
        affectedWorkloads: workloads,
        plan: planRule,
        warnings: { each: 'sentence' },
      },
    },
    restart: {
      fields: {
        kind: 'verbatim',
        changed: 'verbatim',
        plan: planRule,
        warnings: { each: 'sentence' },
      },
    },
  },
};

const error = { fields: { name: 'verbatim', message: 'sentence' } } as const;

export const operationRule: Rule<Operation> = {
  fields: {
    id: 'verbatim',
    kind: 'verbatim',
    ref,
    entityRef: 'entity',
    state: 'verbatim',
    initiator: 'entity',
    taskId: 'verbatim',
    createdAt: 'verbatim',
    updatedAt: 'verbatim',
    finishedAt: 'verbatim',
    plan: planRule,
    result,
    error,
    lastSeq: 'verbatim',
  },
};

export const eventRule: Rule<OperationEvent> = {
  by: 'type',
  cases: {
    state: event({
      fields: { state: 'verbatim', message: 'sentence', error },
    }),
    plan: event(planRule),
    step: event({
      fields: {
        id: 'verbatim',
        status: 'verbatim',
        message: 'sentence',
        durationMs: 'verbatim',
      },
    }),
    check: event(checkRule),
    log: event({
      fields: { level: 'verbatim', message: 'sentence', checks: 'verbatim' },
    }),
    result: event(result),
  },
};

function event<const Data>(data: Data) {
  return {
    fields: { seq: 'verbatim', at: 'verbatim', type: 'verbatim', data },
  } as const;
}

export const timelineRule: Rule<Timeline> = {
  fields: {
    durationMs: 'verbatim',
    entries: {
      each: {
        by: 'type',
        cases: {
          call: {
            fields: {
              type: 'verbatim',
              service: 'verbatim',
              operation: 'verbatim',
              startMs: 'verbatim',
              waitMs: 'verbatim',
              waitedFor: 'verbatim',
              durationMs: 'verbatim',
              outcome: 'verbatim',
            },
          },
          pause: {
            fields: {
              type: 'verbatim',
              why: 'verbatim',
              startMs: 'verbatim',
              durationMs: 'verbatim',
            },
          },
        },
      },
    },
    cut: 'verbatim',
  },
};

const summary = {
  fields: {
    id: 'verbatim',
    status: 'verbatim',
    proof: 'verbatim',
    trigger: 'verbatim',
    finishedAt: 'verbatim',
    headline: 'sentence',
    passed: 'verbatim',
    failed: 'verbatim',
  },
} as const satisfies Rule<ReportSummary>;

export const reportPageRule: Rule<ReportPage> = {
  fields: {
    items: { each: { fields: { ...summary.fields, startedBy: 'entity' } } },
    nextCursor: 'verbatim',
  },
};

export const eventPageRule: Rule<{
  operation: Operation;
  events: OperationEvent[];
}> = { fields: { operation: operationRule, events: { each: eventRule } } };

export const identityRule: Rule<Identity> = {
  fields: {
    ref,
    clusterTitle: 'verbatim',
    clusterKnown: 'verbatim',
    sources: { each: 'verbatim' },
    status: 'verbatim',
    headline: 'sentence',
    changedSince: 'verbatim',
    provenAt: 'verbatim',
    lookedAt: 'verbatim',
    stale: { fields: { since: 'verbatim', reason: 'sentence' } },
    verifying: { fields: { operationId: 'verbatim', mine: 'verbatim' } },
    change: {
      fields: { kind: 'verbatim', state: 'verbatim', at: 'verbatim' },
    },
    looking: 'verbatim',
    association: {
      fields: {
        id: 'verbatim',
        arn: 'verbatim',
        owner: 'verbatim',
        roleArn: 'verbatim',
        targetRoleArn: 'verbatim',
        consoleUrl: 'verbatim',
      },
    },
    path: {
      each: {
        fields: {
          id: 'verbatim',
          status: 'verbatim',
          name: 'sentence',
          detail: 'sentence',
          testedAt: 'verbatim',
          consoleUrl: 'verbatim',
          finding: {
            fields: {
              checkId: 'verbatim',
              message: 'sentence',
              fix,
              docsUrl: 'verbatim',
              isCause: 'verbatim',
              waiting: 'verbatim',
              nearby: 'suggestions',
              restart: workloads,
            },
          },
        },
      },
    },
    proofLevel: 'verbatim',
    use: {
      fields: {
        state: 'verbatim',
        pod: { fields: { name: 'verbatim', at: 'verbatim' } },
        sdk: 'verbatim',
        version: 'verbatim',
        services: { each: 'verbatim' },
        lastUsedAt: 'verbatim',
        deniedAt: 'verbatim',
        irsaAt: 'verbatim',
      },
    },
    lastProof: summary,
    lastLook: summary,
    can: {
      fields: { verify: 'verbatim', remove: 'verbatim', restart: 'verbatim' },
    },
    repair: {
      fields: {
        roleArn: 'verbatim',
        managedPolicyArns: { each: 'verbatim' },
        keepSettings: 'verbatim',
      },
    },
    askWhom: 'verbatim',
  },
};

/** The entity itself was loaded with the rights of the reader. */
export const identitiesRule: Rule<EntityIdentities> = {
  fields: {
    entityRef: 'verbatim',
    identities: { each: identityRule },
    problems: { each: 'sentence' },
    hidden: 'verbatim',
    signalChannel: 'verbatim',
    canCreate: 'verbatim',
  },
};
