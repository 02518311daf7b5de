import { KubeObject } from '../types';
import { Column } from './columns/column';
import { ResourceName } from './status';

export interface Subresource {
  name: string;
  group: string;
  version: string;
  kind: string;
  verbs: string[];
}

/** A resource of the API: its names, schema, columns and selectors. */
export interface ResourceDef extends ResourceName {
  group: string;
  version: string;
  resource: string;
  singular: string;
  kind: string;
  shortNames?: string[];
  categories?: string[];
  namespaced: boolean;
  verbs: string[];
  subresources: Subresource[];
  columns: Column[];
  /** Name of the kind in `schema/schemas.generated.json`. */
  schema: string;
  /** Fields that a fieldSelector may use, besides metadata.name and metadata.namespace. */
  fields?: (object: KubeObject) => Record<string, string>;
  /** A resource of a request that no API server serves. */
  unserved?: boolean;
  /** Create-only, for reviews, which are answered but not stored. */
  virtual?: boolean;
}
