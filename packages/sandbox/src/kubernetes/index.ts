export { createKubernetesSide } from './side';
export type { KubernetesSide } from './side';
export { KubernetesClusterHandle } from './handle';
export type { Manifest } from './manifest';
export type { ClusterOptions } from './options';
export type { NodeOptions } from './controllers/nodes';
export type { AgentBehaviour } from './agent/agent';
export type { WebhookTrouble } from './admission/webhooks';
export type { KubeObject } from './types';
