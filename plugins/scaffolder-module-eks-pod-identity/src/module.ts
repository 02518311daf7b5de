import { createFrontendModule } from '@backstage/frontend-plugin-api';
import { createFormField, FormFieldBlueprint } from './scaffolder';

/** The form fields for software templates. @public */
export const podIdentityFormFieldsModule = createFrontendModule({
  pluginId: 'scaffolder',
  extensions: [
    FormFieldBlueprint.make({
      name: 'eks-cluster-picker',
      params: {
        field: () =>
          import('./fields/EksClusterPicker').then(m =>
            createFormField(m.eksClusterPicker),
          ),
      },
    }),
    FormFieldBlueprint.make({
      name: 'eks-namespace-picker',
      params: {
        field: () =>
          import('./fields/EksNamespacePicker').then(m =>
            createFormField(m.eksNamespacePicker),
          ),
      },
    }),
    FormFieldBlueprint.make({
      name: 'eks-service-account-picker',
      params: {
        field: () =>
          import('./fields/EksServiceAccountPicker').then(m =>
            createFormField(m.eksServiceAccountPicker),
          ),
      },
    }),
    FormFieldBlueprint.make({
      name: 'iam-policy-picker',
      params: {
        field: () =>
          import('./fields/IamPolicyPicker').then(m =>
            createFormField(m.iamPolicyPicker),
          ),
      },
    }),
    FormFieldBlueprint.make({
      name: 'iam-role-picker',
      params: {
        field: () =>
          import('./fields/IamRolePicker').then(m =>
            createFormField(m.iamRolePicker),
          ),
      },
    }),
    FormFieldBlueprint.make({
      name: 'eks-plan-preview',
      params: {
        field: () =>
          import('./fields/EksPlanPreview').then(m =>
            createFormField(m.eksPlanPreview),
          ),
      },
    }),
  ],
});
