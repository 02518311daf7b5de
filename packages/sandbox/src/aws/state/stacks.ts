/** What CloudFormation keeps. Plain data, for snapshots; times are simulated epoch milliseconds. */

export interface StackResource {
  logicalId: string;
  type: string;
  physicalId?: string;
  status: string;
  statusReason?: string;
  updatedAt: number;
  /** As last given to the resource. */
  properties: Record<string, unknown>;
  /** What Fn::GetAtt reads. */
  attributes: Record<string, string>;
  /** Logical IDs of what it refers to, which is deleted after it. */
  needs: string[];
  deletionPolicy: string;
}

export interface StackEvent {
  eventId: string;
  logicalId: string;
  physicalId?: string;
  type: string;
  at: number;
  status: string;
  reason?: string;
  properties?: string;
}

export interface ResourceChange {
  action: 'Add' | 'Modify' | 'Remove';
  logicalId: string;
  physicalId?: string;
  type: string;
  replacement?: 'True' | 'False';
}

/** What a change set or a direct call wants a stack to become. */
export interface StackWish {
  templateBody: string;
  /** Without defaults. */
  parameters: Record<string, string>;
  capabilities: string[];
  tags: Record<string, string>;
}

export interface ChangeSetRecord {
  id: string;
  name: string;
  description?: string;
  type: 'CREATE' | 'UPDATE';
  createdAt: number;
  status: 'CREATE_COMPLETE' | 'FAILED';
  statusReason?: string;
  executionStatus: 'AVAILABLE' | 'UNAVAILABLE' | 'EXECUTE_COMPLETE';
  wish: StackWish;
  changes: ResourceChange[];
}

interface StackOutput {
  key: string;
  value: string;
  description?: string;
  exportName?: string;
}

export interface StackRecord {
  stackId: string;
  name: string;
  region: string;
  createdAt: number;
  updatedAt?: number;
  deletedAt?: number;
  status: string;
  statusReason?: string;
  description?: string;
  /** Of the last change set that was executed. */
  changeSetId?: string;
  /** Undefined while the stack waits for its first change set. */
  wish?: StackWish;
  outputs: StackOutput[];
  resources: Record<string, StackResource>;
  /** Oldest first. */
  events: StackEvent[];
  changeSets: ChangeSetRecord[];
  rollbackDisabled: boolean;
  terminationProtection?: boolean;
}
