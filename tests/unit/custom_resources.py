"""What the manifests say in words that are not Kubernetes' own: kustomize's, KEDA's and the Prometheus Operator's.

Nothing that can be installed has their schemas, so these have the fields that their documentation gives and the
manifests use. A field that is not here is a mistake, or belongs here first.
"""

from typing import Any

TEXTS = {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True}
COUNT = {"type": "integer", "minimum": 0}


def record(required: list[str], **properties: Any) -> dict[str, Any]:
    """An object with these fields and no others."""
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


def listed(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "items": item}


def resource(version: str, kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    return record(
        ["apiVersion", "kind", "metadata", "spec"],
        apiVersion={"const": version},
        kind={"const": kind},
        metadata=record(["name"], name={"type": "string"}, namespace={"type": "string"}, labels={"type": "object"}),
        spec=spec,
    )


# https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/
_GENERATOR = record(
    ["name"], name={"type": "string"}, behavior={"enum": ["create", "merge", "replace"]}, literals=TEXTS, files=TEXTS
)
_PATCH = record(
    ["target", "patch"],
    target=record(["kind", "name"], kind={"type": "string"}, name={"type": "string"}),
    patch={"type": "string"},
)
KUSTOMIZATION = record(
    ["apiVersion", "kind", "resources"],
    apiVersion={"const": "kustomize.config.k8s.io/v1beta1"},
    kind={"const": "Kustomization"},
    namespace={"type": "string"},
    resources=TEXTS,
    components=TEXTS,
    images=listed(
        record(["name"], name={"type": "string"}, newName={"type": "string"}, newTag={"type": "string"}),
    ),
    replicas=listed(record(["name", "count"], name={"type": "string"}, count=COUNT)),
    configMapGenerator=listed(_GENERATOR),
)
COMPONENT = record(
    ["apiVersion", "kind", "resources"],
    apiVersion={"const": "kustomize.config.k8s.io/v1alpha1"},
    kind={"const": "Component"},
    resources=TEXTS,
    patches=listed(_PATCH),
)

# https://keda.sh/docs/latest/reference/scaledobject-spec/, https://keda.sh/docs/latest/scalers/apache-kafka/
_SCALING = record(
    ["policies"],
    stabilizationWindowSeconds={"type": "integer", "minimum": 0, "maximum": 3600},
    policies=listed(
        record(
            ["type", "value", "periodSeconds"],
            type={"enum": ["Pods", "Percent"]},
            value={"type": "integer", "minimum": 1},
            periodSeconds={"type": "integer", "minimum": 1, "maximum": 1800},
        )
    ),
)
# Everything that KEDA's scalers are told is text.
_NUMBER = {"type": "string", "pattern": r"^\d+$"}
_KAFKA = record(
    ["bootstrapServersFromEnv", "consumerGroup", "topic"],
    bootstrapServersFromEnv={"type": "string"},
    consumerGroup={"type": "string"},
    topic={"type": "string"},
    lagThreshold=_NUMBER,
    activationLagThreshold=_NUMBER,
    offsetResetPolicy={"enum": ["latest", "earliest"]},
)
SCALED_OBJECT = resource(
    "keda.sh/v1alpha1",
    "ScaledObject",
    record(
        ["scaleTargetRef", "triggers"],
        scaleTargetRef=record(["name"], name={"type": "string"}, kind={"type": "string"}),
        minReplicaCount=COUNT,
        maxReplicaCount=COUNT,
        pollingInterval=COUNT,
        cooldownPeriod=COUNT,
        advanced=record(
            [],
            horizontalPodAutoscalerConfig=record([], behavior=record([], scaleUp=_SCALING, scaleDown=_SCALING)),
        ),
        triggers=listed(record(["type", "metadata"], type={"const": "kafka"}, metadata=_KAFKA)),
    ),
)

# https://prometheus-operator.dev/docs/api-reference/api/
POD_MONITOR = resource(
    "monitoring.coreos.com/v1",
    "PodMonitor",
    record(
        ["selector", "podMetricsEndpoints"],
        selector=record(["matchLabels"], matchLabels={"type": "object"}),
        podMetricsEndpoints=listed(
            record(
                ["port"],
                port={"type": "string"},
                interval={"type": "string", "pattern": r"^\d+(s|m)$"},
                relabelings=listed(
                    record(
                        ["sourceLabels", "targetLabel"],
                        sourceLabels=TEXTS,
                        regex={"type": "string"},
                        targetLabel={"type": "string"},
                        replacement={"type": "string"},
                    )
                ),
            )
        ),
    ),
)

SCHEMAS = {
    "Kustomization": KUSTOMIZATION,
    "Component": COMPONENT,
    "ScaledObject": SCALED_OBJECT,
    "PodMonitor": POD_MONITOR,
}
