/** All uses of the scaffolder’s alpha API. */
export {
  createFormField,
  FormFieldBlueprint,
  ScaffolderField,
  useScaffolderTheme,
} from '@backstage/plugin-scaffolder-react/alpha';
