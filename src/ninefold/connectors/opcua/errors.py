"""Every error of the driver as one of ours, by name, so that no driver needs to be imported.

A test walks the driver's public exceptions and fails when one stands in no list.
"""

from ninefold.kernel.errors import AccessDenied, ConnectorError, DeadlineExceeded, TagNotFound, Unreachable


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


UNREACHABLE = _names("""
    BadCommunicationError BadConnectionClosed BadConnectionRejected BadDisconnect BadEndOfStream
    BadMaxConnectionsReached BadNoCommunication BadNotConnected
    BadSecureChannelClosed BadSecureChannelIdInvalid BadSecureChannelTokenUnknown
    BadServerHalted BadServerNotConnected BadServerTooBusy BadSessionClosed BadSessionIdInvalid BadSessionNotActivated
    BadShutdown BadTcpEndpointUrlInvalid BadTcpInternalError BadTcpNotEnoughResources BadTcpSecureChannelUnknown
    BadTcpServerTooBusy BadNoSubscription BadSubscriptionIdInvalid BadServerUriInvalid BadDiscoveryUrlMissing
    SocketClosedException
""")
ACCESS = _names("""
    BadApplicationSignatureInvalid BadCertificateChainIncomplete BadCertificateHostNameInvalid BadCertificateInvalid
    BadCertificateIssuerRevocationUnknown BadCertificateIssuerRevoked BadCertificateIssuerTimeInvalid
    BadCertificateIssuerUseNotAllowed BadCertificatePolicyCheckFailed BadCertificateRevocationUnknown
    BadCertificateRevoked BadCertificateTimeInvalid BadCertificateUntrusted BadCertificateUriInvalid
    BadCertificateUseNotAllowed BadIdentityChangeNotSupported BadIdentityTokenInvalid BadIdentityTokenRejected
    BadInsufficientClientProfile BadLicenseExpired BadLicenseLimitsExceeded BadLicenseNotAvailable BadNoDeleteRights
    BadNoValidCertificates BadNonceInvalid BadNotReadable BadNotWritable BadRequestNotAllowed BadRequiresLock
    BadSecurityChecksFailed BadSecurityModeInsufficient BadSecurityModeRejected BadSecurityPolicyRejected
    BadTicketInvalid BadTicketRequired BadUserAccessDenied BadUserSignatureInvalid InvalidSignature
""")
NOT_FOUND = _names("""
    BadBrowseNameInvalid BadNoMatch BadNodeIdInvalid BadNodeIdUnknown BadNodeNotInView BadNotFound BadObjectDeleted
    BadParentNodeIdInvalid BadSourceNodeIdInvalid BadTargetNodeIdInvalid BadViewIdUnknown UaStringParsingError
""")
LATE = _names("""
    BadRequestInterrupted BadRequestTimeout BadTimeout BadWaitingForResponse BadRequestCancelledByRequest
    BadRequestCancelledByClient
""")
FAILED = _names("""
    Bad BadAggregateConfigurationRejected BadAggregateInvalidInputs BadAggregateListMismatch BadAggregateNotSupported
    BadAlreadyExists BadArgumentsMissing BadAttributeIdInvalid BadBoundNotFound BadBoundNotSupported
    BadBrowseDirectionInvalid BadBrowseNameDuplicated BadConditionAlreadyDisabled BadConditionAlreadyEnabled
    BadConditionAlreadyShelved BadConditionBranchAlreadyAcked BadConditionBranchAlreadyConfirmed BadConditionDisabled
    BadConditionNotShelved BadConfigurationError BadContentFilterInvalid BadContinuationPointInvalid
    BadDataEncodingInvalid BadDataEncodingUnsupported BadDataLost BadDataSetIdInvalid BadDataTypeIdUnknown
    BadDataUnavailable BadDeadbandFilterInvalid BadDecodingError BadDependentValueChanged BadDeviceFailure
    BadDialogNotActive BadDialogResponseInvalid BadDominantValueChanged BadDuplicateReferenceNotAllowed
    BadEdited_OutOfRange BadEdited_OutOfRange_DominantValueChanged
    BadEdited_OutOfRange_DominantValueChanged_DependentValueChanged BadEncodingError BadEncodingLimitsExceeded
    BadEntryExists BadEventFilterInvalid BadEventIdUnknown BadEventNotAcknowledgeable BadExpectedStreamToBlock
    BadFilterElementInvalid BadFilterLiteralInvalid BadFilterNotAllowed BadFilterOperandCountMismatch
    BadFilterOperandInvalid BadFilterOperatorInvalid BadFilterOperatorUnsupported BadHistoryOperationInvalid
    BadHistoryOperationUnsupported BadIndexRangeDataMismatch BadIndexRangeInvalid BadIndexRangeNoData
    BadInitialValue_OutOfRange BadInternalError BadInvalidArgument BadInvalidSelfReference BadInvalidState
    BadInvalidTimestamp BadInvalidTimestampArgument BadLocaleNotSupported BadLocked BadMaxAgeInvalid
    BadMessageNotAvailable BadMethodInvalid BadMonitoredItemFilterInvalid BadMonitoredItemFilterUnsupported
    BadMonitoredItemIdInvalid BadMonitoringModeInvalid BadNoContinuationPoints BadNoData BadNoDataAvailable
    BadNoEntryExists BadNoValue BadNodeAttributesInvalid BadNodeClassInvalid BadNodeIdExists BadNodeIdRejected
    BadNotExecutable BadNotImplemented BadNotSupported BadNotTypeDefinition BadNothingToDo BadNumericOverflow
    BadOperationAbandoned BadOutOfMemory BadOutOfRange BadOutOfRange_DominantValueChanged
    BadOutOfRange_DominantValueChanged_DependentValueChanged BadOutOfService BadProtocolVersionUnsupported
    BadQueryTooComplex BadReferenceLocalOnly BadReferenceNotAllowed BadReferenceTypeIdInvalid BadRefreshInProgress
    BadRequestHeaderInvalid BadRequestNotComplete BadRequestTooLarge BadRequestTypeInvalid BadResourceUnavailable
    BadResponseTooLarge BadSemaphoreFileMissing BadSensorFailure BadSequenceNumberInvalid BadSequenceNumberUnknown
    BadServerIndexInvalid BadServerNameMissing BadServiceUnsupported BadShelvingTimeOutOfRange BadStateNotActive
    BadStructureMissing BadSyntaxError BadTcpMessageTooLarge BadTcpMessageTypeInvalid BadTimestampNotSupported
    BadTimestampsToReturnInvalid BadTooManyArguments BadTooManyMatches BadTooManyMonitoredItems BadTooManyOperations
    BadTooManyPublishRequests BadTooManySessions BadTooManySubscriptions BadTransactionFailed BadTransactionPending
    BadTypeDefinitionInvalid BadTypeMismatch BadUnexpectedError BadUnknownResponse BadViewParameterMismatch
    BadViewTimestampInvalid BadViewVersionInvalid BadWaitingForInitialData BadWouldBlock BadWriteNotSupported
    NotEnoughData ServiceError UaError UaInvalidParameterError UaStatusCodeError UaStatusCodeErrors
    UaStructParsingError
""")

_CLASSES: tuple[tuple[frozenset[str], type[ConnectorError], str], ...] = (
    (UNREACHABLE, Unreachable, "Check that the server runs and has room for another session."),
    (ACCESS, AccessDenied, "Let both sides trust each other's certificate, and allow the security policy."),
    (NOT_FOUND, TagNotFound, "Browse the server for the address."),
    (LATE, DeadlineExceeded, "Check the link and the load of the server, or allow more time."),
    (FAILED, ConnectorError, "Look into the server's log."),
)
MISMATCH = "certificate mismatch"  # asyncua has no class of its own for it


def mapped(connection: str, error: Exception) -> ConnectorError | None:
    """Return our error for one of the driver's; None for what is no error of the driver."""
    name = type(error).__name__
    told = str(error).strip() or name
    if MISMATCH in told or (name == "UaError" and "No matching endpoints" in told):
        name = "BadSecurityChecksFailed"
    for names, class_, hint in _CLASSES:
        if name in names:
            return class_(f"{connection} answers: {told}.".replace("..", "."), hint=hint)
    return None
