export { createKubernetesSide } from './side';
export type { KubernetesSide } from './side';
export { KubernetesClusterHandle } from './handle';
export type { Manifest, TokenOptions } from './handle';
export type { ClusterOptions, FargateSelector } from './options';
export type { NodeKind, NodeOptions } from './controllers/nodes';
export type { AgentBehaviour } from './agent/agent';
export type { ForeignWebhook, WebhookTrouble } from './admission/webhooks';
export type { KubeObject, ObjectMeta } from './types';
