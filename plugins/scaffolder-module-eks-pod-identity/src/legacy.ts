/**
 * The same form fields for apps on the old frontend system, which put them into the `<ScaffolderFieldExtensions>` of
 * their scaffolder page.
 *
 * @packageDocumentation
 */
import { scaffolderPlugin } from '@backstage/plugin-scaffolder';
import {
  createScaffolderFieldExtension,
  CustomFieldValidator,
  FieldExtensionComponent,
  FieldSchema,
} from '@backstage/plugin-scaffolder-react';
import { eksClusterPicker } from './fields/EksClusterPicker';
import { eksNamespacePicker } from './fields/EksNamespacePicker';
import { eksPlanPreview } from './fields/EksPlanPreview';
import { eksServiceAccountPicker } from './fields/EksServiceAccountPicker';
import { iamPolicyPicker } from './fields/IamPolicyPicker';
import { iamRolePicker } from './fields/IamRolePicker';

/** What holds the fields in the route of the scaffolder's page. @public */
export { ScaffolderFieldExtensions } from '@backstage/plugin-scaffolder-react';

/** `ui:field: EksClusterPicker`. @public */
export const EksClusterPickerFieldExtension = provide(eksClusterPicker);

/** `ui:field: EksNamespacePicker`. @public */
export const EksNamespacePickerFieldExtension = provide(eksNamespacePicker);

/** `ui:field: EksServiceAccountPicker`. @public */
export const EksServiceAccountPickerFieldExtension = provide(
  eksServiceAccountPicker,
);

/** `ui:field: IamPolicyPicker`. @public */
export const IamPolicyPickerFieldExtension = provide(iamPolicyPicker);

/** `ui:field: IamRolePicker`. @public */
export const IamRolePickerFieldExtension = provide(iamRolePicker);

/** `ui:field: EksPlanPreview`. @public */
export const EksPlanPreviewFieldExtension = provide(eksPlanPreview);

function provide<TValue, TOptions>(field: {
  name: string;
  component: (
    props: FieldSchema<TValue, TOptions>['TProps'],
  ) => JSX.Element | null;
  schema: FieldSchema<TValue, TOptions>;
  validation?: CustomFieldValidator<TValue, TOptions>;
}): FieldExtensionComponent<TValue, TOptions> {
  return scaffolderPlugin.provide(
    createScaffolderFieldExtension<TValue, TOptions & {}>({
      name: field.name,
      component: field.component,
      validation: field.validation,
      schema: field.schema.schema,
    }),
  );
}
