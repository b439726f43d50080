{{- define "keystream.name" -}}
{{- if contains "keystream" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}{{ printf "%s-keystream" (.Release.Name | trunc 40 | trimSuffix "-") }}{{ end }}
{{- end }}

{{- define "keystream.selector" -}}
app.kubernetes.io/name: keystream
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "keystream.labels" -}}
{{ include "keystream.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "keystream.serviceAccount" -}}
{{- $own := ternary (include "keystream.name" .) "default" .Values.serviceAccount.create -}}
{{ .Values.serviceAccount.name | default $own }}
{{- end }}

{{- define "keystream.image" -}}
{{- if .Values.image.digest }}{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else }}{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{- /* The host of publicUrl, without its port. */ -}}
{{- define "keystream.host" -}}
{{ regexReplaceAll ":[0-9]+$" (get (urlParse .Values.publicUrl) "host") "" }}
{{- end }}

{{- /* The port of publicUrl. */ -}}
{{- define "keystream.port" -}}
{{ regexFind "[0-9]+$" (regexFind ":[0-9]+$" (get (urlParse .Values.publicUrl) "host")) | default "443" }}
{{- end }}

{{- /* The pairs of a TOML table. Numbers of values are floats, and those of Keystream are integers; JSON's texts and
lists of texts are TOML's too. */ -}}
{{- define "keystream.toml" -}}
{{- range $key, $value := . }}
{{ $key }} = {{ if kindIs "float64" $value }}{{ int64 $value }}{{ else }}{{ toRawJson $value }}{{ end }}
{{- end }}
{{- end }}

{{- /* keystream.toml. It has no secret: those come from variables and files. */ -}}
{{- define "keystream.config" -}}
{{- $settings := dict "public_url" .Values.publicUrl }}
{{- $_ := set $settings "checkpoint_file" "/var/lib/keystream-checkpoints/checkpoints.jsonl" }}
{{- if eq .Values.database.kind "sqlite" }}
{{- $_ := set $settings "database_url" "sqlite:///var/lib/keystream/keystream.db" }}
{{- end }}
{{- if .Values.checkpoints.existingSecret }}
{{- $_ := set $settings "checkpoint_key" "/etc/keystream/checkpoint/key.pem" }}
{{- end }}
{{- with .Values.trustedProxies }}{{ $_ := set $settings "trusted_proxies" (join "," .) }}{{ end }}
{{- if .Values.metrics.enabled }}
{{- $_ := set $settings "metrics_listen" (printf "%s:%d" .Values.bindAddress (int64 .Values.metrics.port)) }}
{{- end }}
{{- with .Values.oidc }}
{{- if .issuer }}
{{- $_ := set $settings "oidc_issuer" .issuer }}
{{- $_ := set $settings "oidc_client_id" .clientId }}
{{- $_ := set $settings "oidc_client_secret_file" "/etc/keystream/oidc/client-secret" }}
{{- with .name }}{{ $_ := set $settings "oidc_name" . }}{{ end }}
{{- with .scopes }}{{ $_ := set $settings "oidc_scopes" . }}{{ end }}
{{- with .groupsClaim }}{{ $_ := set $settings "oidc_groups_claim" . }}{{ end }}
{{- if .caConfigMap }}{{ $_ := set $settings "oidc_ca_file" "/etc/keystream/oidc-ca/ca.pem" }}{{ end }}
{{- end }}
{{- end }}
{{- include "keystream.toml" (merge $settings .Values.settings) }}
{{- range .Values.targets }}

[[target]]
{{- include "keystream.toml" . }}
{{- end }}
{{- if .Values.oidc.issuer }}
{{- range .Values.oidc.rules }}

[[oidc.rule]]
{{- include "keystream.toml" . }}
{{- end }}
{{- end }}
{{- end }}

{{- /* A volume of which each pod has its own. */ -}}
{{- define "keystream.claim" -}}
- metadata:
    name: {{ .name }}
  spec:
    accessModes: [ReadWriteOnce]
    {{- with .of.storageClass }}
    storageClassName: {{ . }}
    {{- end }}
    resources:
      requests:
        storage: {{ .of.size }}
{{- end }}
