import { SandboxCore } from '../../core/contract';
import { afterUpdate, Manager } from '../patch/managedFields';
import { Store } from '../store/store';
import { cloneFor, isoTime, KubeObject, RequestContext } from '../types';
import { applyDefaults } from '../validation/defaults';
import { validateObject, validateUpdate } from '../validation/kinds';
import { AdmissionChain, AdmissionRequest } from './admission';
import { assertDeletable, deletionOf, DeleteOptions } from './deletion';
import { randomSuffix, randomUid } from './random';
import { apiVersionOf, ResourceDef, storeKey } from '../model/resources';
import {
  alreadyExists,
  ApiError,
  badRequest,
  conflict,
  invalid,
  modified,
  notFound,
} from '../model/status';
import {
  giveAddress,
  isSame,
  prepareForCreate,
  prepareForUpdate,
  withEphemeralContainersOf,
  withStatusOf,
} from './strategy';

export interface Target {
  def: ResourceDef;
  namespace?: string;
  name: string;
  subresource?: string;
}

/** Computes the new object from the current one, which is frozen, and undefined when apply creates an object. */
export type Transform = (current: KubeObject | undefined) => KubeObject;

/** What a write to a subresource takes from its body. */
const partOf = (subresource: string | undefined) =>
  ({ status: withStatusOf, ephemeralcontainers: withEphemeralContainersOf }[
    subresource ?? ''
  ] ?? ((wanted: KubeObject) => wanted));

/** Attempts of a write that races with other writes. */
const MOST_ATTEMPTS = 5;

/**
 * Runs every write of the cluster through admission, defaults, validation, managedFields and storage, in the API server's
 * order. Callers must already be authorised.
 */
export class Registry {
  constructor(
    private readonly core: SandboxCore,
    readonly store: Store,
    private readonly admission: AdmissionChain,
  ) {}

  get(
    def: ResourceDef,
    namespace: string | undefined,
    name: string,
  ): KubeObject {
    const object = this.store.get(storeKey(def), namespace, name);
    if (!object) {
      throw notFound(def, name);
    }
    return object;
  }

  async create(
    def: ResourceDef,
    namespace: string | undefined,
    body: KubeObject,
    context: RequestContext,
    /** managedFields computed by apply; otherwise the creator owns all fields. */
    managedFields?: KubeObject['metadata']['managedFields'],
  ): Promise<KubeObject> {
    const object = cloneFor(body);
    object.metadata = this.metadataForCreate(def, namespace, object);
    applyDefaults(object);
    // Before admission: no manager owns what it adds.
    this.setManagedFields(
      object,
      managedFields ??
        afterUpdate(undefined, object, def.schema, this.manager(def, context)),
    );
    const request: AdmissionRequest = {
      operation: 'CREATE',
      def,
      namespace,
      name: object.metadata.name,
      object,
      context,
    };
    await this.admission.admit(request);
    applyDefaults(object);
    this.stamp(object);
    prepareForCreate(object);
    const errors = validateObject(object);
    if (errors.length > 0) {
      throw invalid(def.group, def.kind, object.metadata.name, errors);
    }
    await this.admission.validate({ ...request, name: object.metadata.name });
    if (this.store.get(storeKey(def), namespace, object.metadata.name)) {
      throw alreadyExists(def, object.metadata.name);
    }
    return context.dryRun ? object : this.store.put(storeKey(def), object);
  }

  /** Changes one object; runs the transform again if another write came first. */
  async update(
    target: Target,
    transform: Transform,
    context: RequestContext,
    /** With `apply`, the transform computes managedFields itself and may create the object. */
    options: { apply?: boolean } = {},
  ): Promise<{ object: KubeObject; created: boolean }> {
    const { def, namespace, name } = target;
    for (let attempt = 1; ; attempt++) {
      const current = this.store.get(storeKey(def), namespace, name);
      if (!current && !options.apply) {
        throw notFound(def, name);
      }
      const wanted = transform(current);
      if (!current) {
        const { managedFields, ...metadata } = wanted.metadata;
        const body = { ...wanted, metadata };
        const object = await this.create(
          def,
          namespace,
          body,
          context,
          managedFields,
        );
        return { object, created: true };
      }
      this.checkPreconditions(def, current, wanted);
      const object = await this.prepareUpdate(
        target,
        wanted,
        current,
        context,
        options.apply,
      );
      const latest = this.store.get(storeKey(def), namespace, name);
      if (latest === current) {
        return {
          object: this.writeUpdate(def, object, current, context),
          created: false,
        };
      }
      if (attempt >= MOST_ATTEMPTS) {
        throw modified(def, name);
      }
    }
  }

  private async prepareUpdate(
    target: Target,
    wanted: KubeObject,
    current: KubeObject,
    context: RequestContext,
    apply = false,
  ): Promise<KubeObject> {
    const { def, namespace, name, subresource } = target;
    const object = cloneFor(partOf(subresource)(wanted, current), subresource);
    object.apiVersion = apiVersionOf(def);
    object.kind = def.kind;
    if (subresource !== 'status') applyDefaults(object);
    if (!apply) {
      const manager = { ...this.manager(def, context), subresource };
      this.setManagedFields(
        object,
        afterUpdate(current, object, def.schema, manager),
      );
    }
    const request: AdmissionRequest = {
      operation: 'UPDATE',
      def,
      namespace,
      name,
      subresource,
      object,
      before: current,
      context,
    };
    await this.admission.admit(request);
    prepareForUpdate(object, current, subresource);
    if (subresource !== 'status') {
      const errors = validateUpdate(object, current, subresource);
      if (errors.length > 0) {
        throw invalid(def.group, def.kind, name, errors);
      }
    }
    await this.admission.validate(request);
    return object;
  }

  private writeUpdate(
    def: ResourceDef,
    object: KubeObject,
    current: KubeObject,
    context: RequestContext,
  ): KubeObject {
    if (isSame(object, current)) {
      return current;
    }
    if (context.dryRun) {
      return object;
    }
    const leaving =
      object.metadata.deletionTimestamp &&
      !object.metadata.deletionGracePeriodSeconds &&
      !object.metadata.finalizers?.length &&
      !(def.kind === 'Namespace' && object.spec?.finalizers?.length);
    const stored = this.store.put(storeKey(def), object);
    if (leaving) {
      this.store.remove(
        storeKey(def),
        object.metadata.namespace,
        object.metadata.name,
      );
    }
    return stored;
  }

  async delete(
    target: Target,
    options: DeleteOptions,
    context: RequestContext,
  ): Promise<{ object: KubeObject; gone: boolean }> {
    const { def, namespace, name } = target;
    const current = this.get(def, namespace, name);
    assertDeletable(def, current, options);
    const request: AdmissionRequest = {
      operation: 'DELETE',
      def,
      namespace,
      name,
      before: current,
      context,
    };
    await this.admission.admit(request);
    await this.admission.validate(request);
    const latest = this.get(def, namespace, name);
    const { marked, gone } = deletionOf(latest, options, this.core.clock.now());
    if (context.dryRun) {
      return { object: marked ?? latest, gone };
    }
    const left =
      marked && marked !== latest
        ? this.store.put(storeKey(def), marked)
        : latest;
    return gone
      ? { object: this.store.remove(storeKey(def), namespace, name)!, gone }
      : { object: left, gone };
  }

  manager(def: ResourceDef, context: RequestContext): Manager {
    return {
      name: context.fieldManager,
      operation: 'Update',
      apiVersion: apiVersionOf(def),
      time: isoTime(this.core.clock.now()),
    };
  }

  private setManagedFields(
    { metadata }: KubeObject,
    entries: KubeObject['metadata']['managedFields'],
  ) {
    delete metadata.managedFields;
    if (entries?.length) metadata.managedFields = entries;
  }

  private metadataForCreate(
    def: ResourceDef,
    namespace: string | undefined,
    object: KubeObject,
  ): KubeObject['metadata'] {
    const given = object.metadata ?? {};
    if (def.namespaced && given.namespace && given.namespace !== namespace) {
      throw badRequest(
        'the namespace of the provided object does not match the namespace sent on the request',
      );
    }
    if (given.resourceVersion) {
      throw new ApiError(
        500,
        '',
        'resourceVersion should not be set on objects to be created',
      );
    }
    const {
      uid,
      creationTimestamp,
      deletionTimestamp,
      deletionGracePeriodSeconds,
      managedFields,
      generation,
      ...rest
    } = given;
    return {
      ...rest,
      name: rest.name ?? '',
      ...(def.namespaced ? { namespace } : {}),
    };
  }

  /** Sets name, UID and time after admission, as the API server does. */
  private stamp(object: KubeObject) {
    const { metadata } = object;
    if (!metadata.name && metadata.generateName) {
      metadata.name = `${metadata.generateName.slice(0, 58)}${randomSuffix(
        this.core,
      )}`;
    }
    metadata.uid = randomUid(this.core);
    if (object.kind === 'Service') {
      giveAddress(object, this.core.random);
    }
    metadata.creationTimestamp = isoTime(this.core.clock.now());
    if (object.kind === 'Namespace') {
      metadata.labels = {
        ...metadata.labels,
        'kubernetes.io/metadata.name': metadata.name,
      };
    }
  }

  private checkPreconditions(
    def: ResourceDef,
    current: KubeObject,
    wanted: KubeObject,
  ) {
    const { name, uid, resourceVersion } = wanted.metadata;
    if (name && name !== current.metadata.name) {
      throw badRequest(
        `the name of the object (${name}) does not match the name on the URL (${current.metadata.name})`,
      );
    }
    if (uid && uid !== current.metadata.uid) {
      throw conflict(
        def,
        current.metadata.name,
        `StorageError: invalid object, Code: 4, Key: /registry/${
          def.resource
        }/${
          current.metadata.namespace ? `${current.metadata.namespace}/` : ''
        }${
          current.metadata.name
        }, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${
          current.metadata.uid
        }`,
      );
    }
    if (
      resourceVersion &&
      resourceVersion !== current.metadata.resourceVersion
    ) {
      throw modified(def, current.metadata.name);
    }
  }
}
