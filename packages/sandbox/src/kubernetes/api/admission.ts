import { KubeObject, RequestContext } from '../types';
import { ResourceDef } from '../model/resourceDef';

export interface AdmissionRequest {
  operation: 'CREATE' | 'UPDATE' | 'DELETE';
  def: ResourceDef;
  namespace?: string;
  /** Empty until a generated name is assigned. */
  name: string;
  subresource?: string;
  /** `admit` may change it in place; absent for DELETE. */
  object?: KubeObject;
  before?: KubeObject;
  context: RequestContext;
}

/** An admission plugin: `admit` may change the object, `validate` only checks it. Both refuse with an ApiError. */
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
