import { ageOf, programOf, SDK_PROGRAMS } from './sdks';
import { mayBeOfNode, readUserAgent } from './userAgent';

const seen = (userAgent: string) => {
  const sdk = readUserAgent(userAgent);
  return sdk && [sdk.name, sdk.version, sdk.source].join(' ').trim();
};

describe('readUserAgent', () => {
  it.each([
    // As recorded from each SDK, with keys from each source.
    [
      'Boto3/1.44.8 md/Botocore#1.44.8 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.12.3 md/pyimpl#CPython m/z,N,Z,E,b cfg/retry-mode#legacy Botocore/1.44.8',
      'boto3 1.44.8 pod-identity',
    ],
    ['Boto3/1.44.8 md/Botocore#1.44.8 ua/2.1 m/E,Z,b,N,0', 'boto3 1.44.8 node'],
    [
      'Boto3/1.44.8 md/Botocore#1.44.8 ua/2.1 m/h,b,k,Z,N,E',
      'boto3 1.44.8 irsa',
    ],
    [
      'Boto3/1.44.8 md/Botocore#1.44.8 ua/2.1 m/E,b,N,g,Z',
      'boto3 1.44.8 environment',
    ],
    [
      'Boto3/1.34.0 md/Botocore#1.34.0 ua/2.0 os/linux#5.10 lang/python#3.9 Botocore/1.34.0',
      'boto3 1.34.0',
    ],
    [
      'aws-cli/2.36.7 md/awscrt#0.31 ua/2.1 os/linux#6.1 md/pyimpl#CPython exec-env/x m/E,N,z md/prompt#off md/command#sts.get-caller-identity',
      'AWS CLI v2 2.36.7 pod-identity',
    ],
    [
      'aws-cli/1.29.85 md/Botocore#1.31.85 ua/2.0 os/linux#6.1 botocore/1.31.85',
      'AWS CLI v1 1.29.85',
    ],
    [
      'aws-sdk-js/3.1173.0 ua/2.1 os/linux#6.1 lang/js md/nodejs#20.18.0 api/sts#3.1173.0 m/E,z',
      'JavaScript v3 3.1173.0 pod-identity',
    ],
    [
      'aws-sdk-js/3.1173.0 ua/2.1 os/linux#6.1 lang/js api/sts#3.1173.0 m/E,n',
      'JavaScript v3 3.1173.0 profile',
    ],
    [
      'aws-sdk-nodejs/2.1693.0 linux/v18.20.4 promise',
      'JavaScript v2 2.1693.0',
    ],
    [
      'aws-sdk-go-v2/1.48.0 ua/2.1 os/linux lang/go#1.25 md/GOOS#linux api/sts#1.48.0 m/0',
      'Go v2 1.48.0 node',
    ],
    ['aws-sdk-go/1.55.0 (go1.21.5; linux; amd64)', 'Go v1 1.55.0'],
    [
      'aws-sdk-java/2.57.8 md/io#sync md/http#Apache ua/2.1 api/STS#2.57.x m/D,AK,N,h,k',
      'Java v2 2.57.8 irsa',
    ],
    [
      'aws-sdk-java/1.12.797 Linux/6.1 OpenJDK_64-Bit_Server_VM/17.0.1 java/17.0.1',
      'Java v1 1.12.797',
    ],
    [
      'aws-sdk-rust/1.3.9 ua/2.1 api/sts/1.50.0 os/linux lang/rust/1.85.0 m/E,N,z,T',
      'Rust 1.3.9 pod-identity',
    ],
    [
      'APN/1.0 HashiCorp/1.0 Terraform/1.9.5 (+https://www.terraform.io) terraform-provider-aws/5.70.0 aws-sdk-go-v2/1.32.0 ua/2.1 m/n',
      'Go v2 1.32.0 profile',
    ],
    // LookupEvents shows those of some services in brackets.
    ['[aws-sdk-php/3.300.1 ua/2.0 lang/php#8.2]', 'PHP 3.300.1'],
  ])('%s', (userAgent, expected) => {
    expect(seen(userAgent)).toBe(expected);
  });

  it.each([
    '',
    'pods.eks.amazonaws.com',
    'curl/8.0',
    'console.amazonaws.com',
    'aws-sdk-go-v2',
    'aws-sdk-go-v2/latest',
    'aws-sdk-java/9.9.9',
    '__proto__/1.0 constructor/1.0 m/__proto__',
  ])('knows no SDK in "%s"', userAgent => {
    expect(readUserAgent(userAgent)).toBeUndefined();
  });

  it('ignores codes that it does not know, and two sources at once', () => {
    expect(seen('Boto3/1.44.8 m/q9,ZZ,constructor')).toBe('boto3 1.44.8');
    expect(seen('Boto3/1.44.8 m/g,z')).toBe('boto3 1.44.8');
  });

  it('reads no code from the word where CloudTrail cut the text', () => {
    const words = 'Boto3/1.44.8 ';
    const filler = `md/${'x'.repeat(1_000 - words.length - 8)} `;
    const cut = `${words}${filler}m/E,0`.slice(0, 1_000);
    expect(cut).toHaveLength(1_000);
    expect(cut.endsWith('m/E,')).toBe(true);
    expect(seen(cut)).toBe('boto3 1.44.8');
    expect(seen(`${words}m/0 ${filler}`.padEnd(1_200, 'y'))).toBe(
      'boto3 1.44.8 node',
    );
  });
});

describe('the table of SDKs', () => {
  it.each([
    ['boto3', '1.28.85', 'too-old'],
    ['boto3', '1.29.0', 'below-aws'],
    ['boto3', '1.35.0', 'works'],
    ['JavaScript v3', '3.501.0', 'too-old'],
    ['JavaScript v3', '3.458.0', 'too-old'],
    ['JavaScript v3', '3.502.0', 'works'],
    ['JavaScript v2', '2.1549.0', 'too-old'],
    ['Java v2', '2.21.27', 'below-aws'],
    ['Java v2', '2.21.25', 'too-old'],
    ['Java v1', '1.12.730', 'below-aws'],
    ['Go v1', '1.47.10', 'too-old'],
    // Its user agent does not name the module that decides.
    ['Go v2', '1.17.0', 'unknown'],
    ['Rust', '1.0.0', 'unknown'],
  ])('%s %s: %s', (name, version, age) => {
    expect(ageOf(programOf(name)!, version)).toBe(age);
  });

  it('is sure of the versions that were measured, and of no other', () => {
    const measured = SDK_PROGRAMS.filter(({ fails }) => fails);
    const ages = measured.map(program => [
      ageOf(program, program.fails),
      ageOf(program, program.works) === 'too-old',
    ]);
    expect(new Set(ages.map(String))).toEqual(new Set(['too-old,false']));
    expect(measured).toHaveLength(8);
  });
});

describe('mayBeOfNode', () => {
  it.each([
    ['aws-sdk-go-v2/1.24.0 os/linux api/eksauth#1.0.2', true],
    ['aws-cli/2.15.0 md/x', true],
    ['efs-utils/2.0 Boto3/1.34.0 md/Botocore#1.34.0', true],
    ['something/1.0', true],
    ['Boto3/1.34.0 md/Botocore#1.34.0', false],
    ['aws-sdk-java/2.57.8 m/0', false],
  ])('%s: %s', (userAgent, expected) => {
    expect(mayBeOfNode(userAgent, readUserAgent(userAgent))).toBe(expected);
  });
});
