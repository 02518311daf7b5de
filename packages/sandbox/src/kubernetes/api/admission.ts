import { KubeObject, RequestContext } from '../types';
import { ResourceDef } from '../model/resourceDef';

export interface AdmissionRequest {
  operation: 'CREATE' | 'UPDATE' | 'DELETE';
  def: ResourceDef;
  namespace?: string;
  /** Empty when the name is still to be generated. */
  name: string;
  subresource?: string;
  /** Plugins that admit may change it in place; absent for DELETE. */
  object?: KubeObject;
  before?: KubeObject;
  context: RequestContext;
}

/** One admission plugin: `admit` may change the object, `validate` only looks. Both refuse by throwing an ApiError. */
export interface AdmissionPlugin {
  name: string;
  admit?(request: AdmissionRequest): void | Promise<void>;
  validate?(request: AdmissionRequest): void | Promise<void>;
}

export class AdmissionChain {
  constructor(private readonly plugins: AdmissionPlugin[]) {}

  async admit(request: AdmissionRequest): Promise<void> {
    for (const plugin of this.plugins) {
      await plugin.admit?.(request);
    }
  }

  async validate(request: AdmissionRequest): Promise<void> {
    for (const plugin of this.plugins) {
      await plugin.validate?.(request);
    }
  }
}
