# What a portal in a new pod of its service account signs in with, as JSON: keys of the agent, or the role for a token,
# which goes to the file $1.
aws eks update-kubeconfig --name payments-prod >&2
kubectl apply -f - >&2 <<'END'
apiVersion: v1
kind: Pod
metadata: { name: portal, namespace: backstage }
spec:
  serviceAccountName: backstage
  containers: [{ name: main, image: amazon/aws-cli, command: [sleep, infinity] }]
END
kubectl wait --namespace backstage --for condition=Ready pod/portal >&2
in_pod() { kubectl exec --namespace backstage portal -- sh -c "$1"; }
role=$(in_pod 'echo "$AWS_ROLE_ARN"')
if [ -n "$role" ]; then
  in_pod 'cat "$AWS_WEB_IDENTITY_TOKEN_FILE"' >"$1"
  echo "{\"role\":\"$role\"}"
else
  in_pod 'curl -s -H "Authorization: $(cat "$AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")" "$AWS_CONTAINER_CREDENTIALS_FULL_URI"'
fi
