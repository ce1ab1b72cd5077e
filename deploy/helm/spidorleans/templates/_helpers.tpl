{{- define "spidorleans.name" -}}
{{- printf "%s-spidorleans" .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{/* Of one host: dict "root" $ "host" "silo". */}}
{{- define "spidorleans.selector" -}}
app.kubernetes.io/name: spidorleans
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .host }}
{{- end -}}

{{- define "spidorleans.labels" -}}
{{ include "spidorleans.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{/* Deployment, Service, PodDisruptionBudget and HorizontalPodAutoscaler of one host: dict "root" $ "host" "silo" "program" "Silo". */}}
{{- define "spidorleans.host" -}}
{{- $root := .root -}}
{{- $values := index $root.Values .host -}}
{{- $name := printf "%s-%s" (include "spidorleans.name" $root) .host -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $name }}
  labels:
    {{- include "spidorleans.labels" . | nindent 4 }}
spec:
  {{- if not $values.autoscaling.enabled }}
  replicas: {{ $values.replicas }}
  {{- end }}
  # A new one serves before an old one goes: no moment has fewer than there should be.
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 1
      maxUnavailable: 0
  selector:
    matchLabels:
      {{- include "spidorleans.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "spidorleans.labels" . | nindent 8 }}
      annotations:
        # What is read at start only: a change of it starts new pods.
        checksum/config: {{ toYaml (dict "config" $root.Values.config "proxies" $root.Values.proxies) | sha256sum }}
        {{- with $values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      automountServiceAccountToken: false
      enableServiceLinks: false
      {{- with $root.Values.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      terminationGracePeriodSeconds: {{ add $root.Values.drain.preStopSeconds $root.Values.drain.stopSeconds }}
      securityContext:
        runAsNonRoot: true
        runAsUser: 1654
        runAsGroup: 1654
        fsGroup: 1654
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: {{ .host }}
          image: {{ printf "%s:%s" $values.image.repository ($values.image.tag | default $root.Chart.AppVersion) | quote }}
          imagePullPolicy: {{ $values.image.pullPolicy }}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
          ports:
            - name: http
              containerPort: 8080
            {{- if eq .host "silo" }}
            - name: silo
              containerPort: 11111
            - name: gateway
              containerPort: 30000
            {{- end }}
          envFrom:
            - configMapRef:
                name: {{ include "spidorleans.name" $root }}
          env:
            - name: ASPNETCORE_HTTP_PORTS
              value: "8080"
            - name: Storage__Provider
              value: PostgreSql
            - name: Secrets__Folder
              value: /run/secrets/spidorleans
            {{- if eq .host "silo" }}
            # Where the other silos and the facade find this one.
            - name: Cluster__AdvertisedAddress
              valueFrom:
                fieldRef:
                  fieldPath: status.podIP
            - name: Cluster__SiloPort
              value: "11111"
            - name: Cluster__GatewayPort
              value: "30000"
            {{- end }}
          startupProbe:
            httpGet:
              path: /health/live
              port: http
            periodSeconds: 2
            timeoutSeconds: 3
            failureThreshold: 60
          livenessProbe:
            httpGet:
              path: /health/live
              port: http
            periodSeconds: 10
            timeoutSeconds: 3
            failureThreshold: 3
          # Red as soon as the host is told to stop, or cannot reach its database.
          readinessProbe:
            httpGet:
              path: /health/ready
              port: http
            periodSeconds: 1
            timeoutSeconds: 3
            failureThreshold: 1
          lifecycle:
            preStop:
              sleep:
                seconds: {{ $root.Values.drain.preStopSeconds }}
          resources:
            {{- toYaml $values.resources | nindent 12 }}
          volumeMounts:
            - name: secrets
              mountPath: /run/secrets/spidorleans
              readOnly: true
            - name: tmp
              mountPath: /tmp
      volumes:
        - name: secrets
          secret:
            secretName: {{ required "existingSecret names the Secret that holds Storage__ConnectionString and the other secrets" $root.Values.existingSecret }}
            # 0440
            defaultMode: 288
        - name: tmp
          emptyDir:
            sizeLimit: 64Mi
      topologySpreadConstraints:
        {{- range tuple "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
        - maxSkew: 1
          topologyKey: {{ . }}
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              {{- include "spidorleans.selector" $ | nindent 14 }}
        {{- end }}
      {{- with $values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ $name }}
  labels:
    {{- include "spidorleans.labels" . | nindent 4 }}
spec:
  type: {{ $values.service.type }}
  selector:
    {{- include "spidorleans.selector" . | nindent 4 }}
  ports:
    - name: http
      port: {{ $values.service.port }}
      targetPort: http
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ $name }}
  labels:
    {{- include "spidorleans.labels" . | nindent 4 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      {{- include "spidorleans.selector" . | nindent 6 }}
{{- with $values.autoscaling }}
{{- if .enabled }}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ $name }}
  labels:
    {{- include "spidorleans.labels" $ | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ $name }}
  minReplicas: {{ .minReplicas }}
  maxReplicas: {{ .maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {{ .cpuPercent }}
    {{- if .oldestPendingSeconds }}
    - type: Pods
      pods:
        metric:
          name: spid_oldest_pending_seconds
        target:
          type: AverageValue
          averageValue: {{ .oldestPendingSeconds | quote }}
    {{- end }}
  behavior:
    scaleDown:
      # Each silo that goes moves its grains and shards: one at a time, and not for a dip.
      stabilizationWindowSeconds: 300
      policies:
        - type: Pods
          value: 1
          periodSeconds: 60
{{- end }}
{{- end }}
{{- end -}}
