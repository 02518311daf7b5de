import { XmlValue, members } from '../protocol/xml';
import {
  CloudFormationContext,
  CloudFormationOperation,
  findStack,
  needOnAll,
  needOnStack,
  needStack,
  stackDoesNotExist,
} from './context';
import { validationError } from './errors';
import { capabilitiesOf } from './template/instance';
import { Template, TemplateParameter, parseTemplate } from './template/parse';

/** Reads the template of a request, or that of the stack that it names. */
function templateOf(context: CloudFormationContext): Template {
  const { parameters } = context;
  const body = parameters.text('TemplateBody', { maxLength: 51_200 });
  const stackName = parameters.text('StackName');
  parameters.done();
  if (stackName === undefined) {
    needOnAll(context);
  } else {
    needOnStack(context, stackName);
    const stack = findStack(context, stackName);
    if (!stack?.wish) {
      throw stackDoesNotExist(stackName);
    }
    return parseTemplate(stack.wish.templateBody);
  }
  if (body === undefined) {
    throw validationError(
      'Either Template URL or Template Body must be specified.',
    );
  }
  return parseTemplate(body);
}

const parameterView = ([ParameterKey, rule]: [string, TemplateParameter]) => ({
  ParameterKey,
  DefaultValue: rule.Default === undefined ? undefined : String(rule.Default),
  NoEcho: String(rule.NoEcho) === 'true',
  Description: rule.Description,
});

function capabilityView(template: Template): { [name: string]: XmlValue } {
  const { needed, types } = capabilitiesOf(template);
  return needed.length === 0
    ? {}
    : {
        Capabilities: members(needed),
        CapabilitiesReason: `The following resource(s) require capabilities: [${types.join(
          ', ',
        )}]`,
      };
}

const getTemplate: CloudFormationOperation = context => {
  const stack = needStack(context);
  context.parameters.text('TemplateStage');
  context.parameters.done();
  return {
    TemplateBody: stack.wish?.templateBody ?? '',
    StagesAvailable: members(['Original', 'Processed']),
  };
};

const getTemplateSummary: CloudFormationOperation = context => {
  const template = templateOf(context);
  return {
    Parameters: members(
      Object.entries(template.Parameters ?? {}).map(([name, rule]) => ({
        ...parameterView([name, rule]),
        ParameterType: rule.Type,
        ParameterConstraints: {
          AllowedValues: members((rule.AllowedValues ?? []).map(String)),
        },
      })),
    ),
    Description: template.Description,
    ...capabilityView(template),
    ResourceTypes: members([
      ...new Set(Object.values(template.Resources).map(({ Type }) => Type)),
    ]),
    Version: template.AWSTemplateFormatVersion,
    DeclaredTransforms: members([]),
  };
};

const validateTemplate: CloudFormationOperation = context => {
  const template = templateOf(context);
  return {
    Parameters: members(
      Object.entries(template.Parameters ?? {}).map(parameterView),
    ),
    Description: template.Description,
    ...capabilityView(template),
    DeclaredTransforms: members([]),
  };
};

export const templateOperations: Record<string, CloudFormationOperation> = {
  GetTemplate: getTemplate,
  GetTemplateSummary: getTemplateSummary,
  ValidateTemplate: validateTemplate,
};
