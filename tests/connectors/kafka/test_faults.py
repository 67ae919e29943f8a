"""The table from librdkafka's errors to ours is complete, and quotes nobody."""

import pytest
from confluent_kafka import KafkaError, KafkaException

from connectors.kafka.faults import BAD_RECORDS, MISSING, REFUSED, fault_in, fault_of
from connectors.kafka.reach import Reach
from schemas.errors import BrokerUnavailable, StopProcess

PASSES = frozenset(
    """
    BROKER_NOT_AVAILABLE CONCURRENT_TRANSACTIONS COORDINATOR_LOAD_IN_PROGRESS
    COORDINATOR_NOT_AVAILABLE DELEGATION_TOKEN_AUTHORIZATION_FAILED
    DELEGATION_TOKEN_AUTH_DISABLED DELEGATION_TOKEN_EXPIRED DELEGATION_TOKEN_NOT_FOUND
    DELEGATION_TOKEN_OWNER_MISMATCH DELEGATION_TOKEN_REQUEST_NOT_ALLOWED DUPLICATE_RESOURCE
    DUPLICATE_SEQUENCE_NUMBER DUPLICATE_VOTER ELECTION_NOT_NEEDED
    ELIGIBLE_LEADERS_NOT_AVAILABLE FEATURE_UPDATE_FAILED FENCED_INSTANCE_ID FENCED_LEADER_EPOCH
    FENCED_MEMBER_EPOCH FENCED_STATE_EPOCH FETCH_SESSION_ID_NOT_FOUND GROUP_ID_NOT_FOUND
    GROUP_MAX_SIZE_REACHED ILLEGAL_GENERATION INCONSISTENT_TOPIC_ID INCONSISTENT_VOTER_SET
    INVALID_COMMIT_OFFSET_SIZE INVALID_FETCH_SESSION_EPOCH INVALID_MSG INVALID_PRINCIPAL_TYPE
    INVALID_PRODUCER_EPOCH INVALID_PRODUCER_ID_MAPPING INVALID_RECORD_STATE
    INVALID_REGISTRATION INVALID_REGULAR_EXPRESSION INVALID_REQUEST INVALID_REQUIRED_ACKS
    INVALID_SHARE_SESSION_EPOCH INVALID_TRANSACTION_TIMEOUT INVALID_TXN_STATE
    INVALID_UPDATE_VERSION INVALID_VOTER_KEY KAFKA_STORAGE_ERROR LEADER_NOT_AVAILABLE
    LISTENER_NOT_FOUND LOG_DIR_NOT_FOUND MEMBER_ID_REQUIRED MISMATCHED_ENDPOINT_TYPE
    NETWORK_EXCEPTION NON_EMPTY_GROUP NOT_CONTROLLER NOT_COORDINATOR NOT_ENOUGH_REPLICAS
    NOT_ENOUGH_REPLICAS_AFTER_APPEND NOT_LEADER_FOR_PARTITION NO_ERROR
    NO_REASSIGNMENT_IN_PROGRESS OFFSET_METADATA_TOO_LARGE OFFSET_NOT_AVAILABLE
    OFFSET_OUT_OF_RANGE OPERATION_NOT_ATTEMPTED OUT_OF_ORDER_SEQUENCE_NUMBER
    PREFERRED_LEADER_NOT_AVAILABLE PRINCIPAL_DESERIALIZATION_FAILURE PRODUCER_FENCED
    REASSIGNMENT_IN_PROGRESS REBALANCE_IN_PROGRESS REBOOTSTRAP_REQUIRED REPLICA_NOT_AVAILABLE
    REQUEST_TIMED_OUT RESOURCE_NOT_FOUND SHARE_SESSION_LIMIT_REACHED SHARE_SESSION_NOT_FOUND
    STALE_BROKER_EPOCH STALE_CTRL_EPOCH STALE_MEMBER_EPOCH STREAMS_INVALID_TOPOLOGY
    STREAMS_INVALID_TOPOLOGY_EPOCH STREAMS_TOPOLOGY_FENCED TELEMETRY_TOO_LARGE
    THROTTLING_QUOTA_EXCEEDED TOPIC_ALREADY_EXISTS TOPIC_DELETION_DISABLED TOPIC_EXCEPTION
    TRANSACTIONAL_ID_AUTHORIZATION_FAILED TRANSACTION_ABORTABLE TRANSACTION_COORDINATOR_FENCED
    UNACCEPTABLE_CREDENTIAL UNKNOWN UNKNOWN_CONTROLLER_ID UNKNOWN_LEADER_EPOCH
    UNKNOWN_MEMBER_ID UNKNOWN_PRODUCER_ID UNKNOWN_SUBSCRIPTION_ID UNRELEASED_INSTANCE_ID
    UNSTABLE_OFFSET_COMMIT UNSUPPORTED_ENDPOINT_TYPE UNSUPPORTED_FOR_MESSAGE_FORMAT
    VOTER_NOT_FOUND _ALL_BROKERS_DOWN _APPLICATION _ASSIGNMENT_LOST _ASSIGN_PARTITIONS
    _AUTO_OFFSET_RESET _BAD_COMPRESSION _BAD_MSG _CONFLICT _CRIT_SYS_RESOURCE _DESTROY
    _DESTROY_BROKER _EXISTING_SUBSCRIPTION _FAIL _FATAL _FENCED _FS _GAPLESS_GUARANTEE
    _INCONSISTENT _INTR _INVALID_DIFFERENT_RECORD _INVALID_TYPE _IN_PROGRESS _ISR_INSUFF
    _KEY_DESERIALIZATION _KEY_SERIALIZATION _LOG_TRUNCATION _MAX_POLL_EXCEEDED _MSG_TIMED_OUT
    _NODE_UPDATE _NOENT _NOOP _NOT_IMPLEMENTED _NO_OFFSET _OUTDATED _PARTIAL _PARTITION_EOF
    _PREV_IN_PROGRESS _PURGE_INFLIGHT _PURGE_QUEUE _QUEUE_FULL _READ_ONLY _RESOLVE _RETRY
    _REVOKE_PARTITIONS _STATE _TIMED_OUT _TIMED_OUT_QUEUE _TRANSPORT _UNDERFLOW _UNKNOWN_BROKER
    _UNKNOWN_GROUP _VALUE_DESERIALIZATION _VALUE_SERIALIZATION _WAIT_CACHE _WAIT_COORD
    """.split()  # noqa: SIM905 - a list of so many lines is not read
)
"""Somebody thought about these: waiting or reading on is right, or we never ask for it."""


def codes() -> dict[str, int]:
    """Return every code of the driver's, by its name."""
    named = ((name, getattr(KafkaError, name)) for name in dir(KafkaError) if name.isupper())
    return {name: code for name, code in named if isinstance(code, int)}


def test_every_error_of_librdkafka_has_its_meaning() -> None:
    """When the library grows an error, this fails until somebody has thought about it."""
    thought_about = [*REFUSED, *MISSING, *BAD_RECORDS, *(codes()[name] for name in PASSES)]
    assert sorted(thought_about) == sorted(set(codes().values()))


@pytest.mark.rule("R-85")
@pytest.mark.parametrize("name", sorted(codes()))
def test_only_what_a_human_must_mend_ends_the_process(name: str) -> None:
    """The sentence names the error and what to look at; all else is the cluster being away."""
    code = codes()[name]
    fault = fault_of(KafkaError(code))
    assert type(fault) is (StopProcess if code in REFUSED or code in MISSING else BrokerUnavailable)
    assert KafkaError(code).name() in str(fault)
    if code in REFUSED:
        assert REFUSED[code] in str(fault)
    if code in MISSING:
        assert "topics apply" in str(fault)


@pytest.mark.rule("R-103")
def test_an_errors_own_text_is_not_passed_on() -> None:
    """It can quote a user or an address; so the text is always ours."""
    error = KafkaError(KafkaError._AUTHENTICATION, "canary")
    assert "canary" in str(error)
    assert "canary" not in str(fault_in(KafkaException(error)))
    assert isinstance(fault_in(KafkaException()), BrokerUnavailable)
    assert "canary" not in str(fault_in(KafkaException("canary")))


def heard(*numbers: int, met: bool) -> Reach:
    """Return what a client knows after such errors, whose cluster answered before or never."""
    reach = Reach()
    if met:
        reach.answered()
    for number in numbers:
        reach.hear(KafkaError(number))
    return reach


def test_one_broker_that_goes_is_no_news() -> None:
    """While others answer nothing is lost, and nothing is said."""
    otherwise = BrokerUnavailable("otherwise")
    assert heard(KafkaError._TRANSPORT, met=True).fault(otherwise) is otherwise
    assert heard(met=False).fault(otherwise) is otherwise
    lost = heard(KafkaError._ALL_BROKERS_DOWN, met=True)
    assert "_ALL_BROKERS_DOWN" in str(lost.fault(otherwise))
    lost.answered()
    assert lost.fault(otherwise) is otherwise


@pytest.mark.parametrize(("met", "kind"), [(False, StopProcess), (True, BrokerUnavailable)])
def test_a_refusal_before_the_first_answer_is_a_wrong_setting(
    kind: type[Exception], *, met: bool
) -> None:
    """Later it is waited for: a password was changed, or a broker went in mid-handshake."""
    reach = heard(KafkaError._AUTHENTICATION, KafkaError._ALL_BROKERS_DOWN, met=met)
    fault = reach.fault(BrokerUnavailable("otherwise"))
    assert type(fault) is kind
    assert "KAFKA__PASSWORD_FILE" in str(fault)
