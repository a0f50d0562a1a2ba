/// What the API answers where it neither runs nor throttles a request (INV-9), beside the 429 of THR-1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ErrorCode {
    /// The payload is above its limit (INV-4).
    RequestTooLarge,
    /// The whole serialised request is above its limit.
    SerializedRequestEntityTooLarge,
    /// The body is no valid JSON.
    InvalidRequestContent,
    /// A parameter is out of its range.
    InvalidParameterValue,
    /// The body is of a type that is not taken.
    UnsupportedMediaType,
    /// The function or qualifier does not exist.
    ResourceNotFound,
    /// The function is being created or updated (VPC-3).
    ResourceConflict,
    /// The function was inactive and recovers (VPC-4).
    ResourceNotReady,
    /// No version has been published.
    NoPublishedVersion,
    /// The function's mode does not allow this call.
    ModeNotSupported,
    /// Too many functions invoke each other (INV-8).
    RecursiveInvocation,
    /// A quota is used up.
    ServiceQuotaExceeded,
    /// 429: an asynchronous attempt at reserved concurrency 0 is refused so without counting as a throttle (ASYNC-9).
    TooManyRequests,
    /// Lambda itself failed.
    Service,
    /// The snapshot could not be restored.
    SnapStart,
    /// Restoring took longer than its limit (SNAP-4).
    SnapStartTimeout,
    /// The snapshot is being made (SNAP-3, SNAP-7).
    SnapStartNotReady,
    /// No access to the virtual network's interfaces.
    Ec2AccessDenied,
    /// Too many calls for network interfaces (VPC-5).
    Ec2Throttled,
    /// The virtual network answered with an error.
    Ec2Unexpected,
    /// No more network interfaces in the virtual network (VPC-5).
    EniLimitReached,
    /// The network interface is being made (VPC-5).
    EniNotReady,
    /// The subnet has no free address (VPC-5).
    SubnetIpAddressLimitReached,
    /// The subnet does not exist.
    InvalidSubnetId,
    /// The security group does not exist.
    InvalidSecurityGroupId,
    /// The file system cannot be reached (EFS-4).
    EfsMountConnectivity,
    /// The file system refuses the mount (EFS-4).
    EfsMountFailure,
    /// Mounting took too long (EFS-4).
    EfsMountTimeout,
    /// Reading or writing failed (EFS-4).
    EfsIo,
    /// The S3 file system cannot be reached.
    S3FilesMountConnectivity,
    /// The S3 file system refuses the mount.
    S3FilesMountFailure,
    /// Mounting the S3 file system took too long.
    S3FilesMountTimeout,
    /// The key may not be used.
    KmsAccessDenied,
    /// The key is disabled.
    KmsDisabled,
    /// The key is in a state in which it cannot be used.
    KmsInvalidState,
    /// The key does not exist.
    KmsNotFound,
    /// The runtime does not exist any more.
    InvalidRuntime,
    /// The package cannot be unpacked.
    InvalidZipFile,
}

/// Name without `Exception`, and HTTP status, in the order of the variants.
const TABLE: [(ErrorCode, &str, u16); 38] = {
    use ErrorCode::*;
    [
        (RequestTooLarge, "RequestTooLarge", 413),
        (SerializedRequestEntityTooLarge, "SerializedRequestEntityTooLarge", 413),
        (InvalidRequestContent, "InvalidRequestContent", 400),
        (InvalidParameterValue, "InvalidParameterValue", 400),
        (UnsupportedMediaType, "UnsupportedMediaType", 415),
        (ResourceNotFound, "ResourceNotFound", 404),
        (ResourceConflict, "ResourceConflict", 409),
        (ResourceNotReady, "ResourceNotReady", 502),
        (NoPublishedVersion, "NoPublishedVersion", 400),
        (ModeNotSupported, "ModeNotSupported", 400),
        (RecursiveInvocation, "RecursiveInvocation", 400),
        (ServiceQuotaExceeded, "ServiceQuotaExceeded", 402),
        (TooManyRequests, "TooManyRequests", 429),
        (Service, "Service", 500),
        (SnapStart, "SnapStart", 400),
        (SnapStartTimeout, "SnapStartTimeout", 408),
        (SnapStartNotReady, "SnapStartNotReady", 409),
        (Ec2AccessDenied, "EC2AccessDenied", 502),
        (Ec2Throttled, "EC2Throttled", 502),
        (Ec2Unexpected, "EC2Unexpected", 502),
        (EniLimitReached, "ENILimitReached", 502),
        (EniNotReady, "ENINotReady", 502),
        (SubnetIpAddressLimitReached, "SubnetIPAddressLimitReached", 502),
        (InvalidSubnetId, "InvalidSubnetID", 502),
        (InvalidSecurityGroupId, "InvalidSecurityGroupID", 502),
        (EfsMountConnectivity, "EFSMountConnectivity", 408),
        (EfsMountFailure, "EFSMountFailure", 403),
        (EfsMountTimeout, "EFSMountTimeout", 408),
        (EfsIo, "EFSIO", 410),
        (S3FilesMountConnectivity, "S3FilesMountConnectivity", 408),
        (S3FilesMountFailure, "S3FilesMountFailure", 403),
        (S3FilesMountTimeout, "S3FilesMountTimeout", 408),
        (KmsAccessDenied, "KMSAccessDenied", 502),
        (KmsDisabled, "KMSDisabled", 502),
        (KmsInvalidState, "KMSInvalidState", 502),
        (KmsNotFound, "KMSNotFound", 502),
        (InvalidRuntime, "InvalidRuntime", 502),
        (InvalidZipFile, "InvalidZipFile", 502),
    ]
};

impl ErrorCode {
    /// How many there are: their numbers run from 0.
    pub const COUNT: usize = TABLE.len();

    /// All codes, in the order of their numbers.
    pub fn all() -> impl Iterator<Item = ErrorCode> {
        TABLE.iter().map(|(code, _, _)| *code)
    }

    /// AWS's name, without its `Exception`.
    pub const fn name(self) -> &'static str {
        TABLE[self as usize].1
    }

    /// The HTTP status that a caller of the API sees.
    pub const fn status(self) -> u16 {
        TABLE[self as usize].2
    }

    /// Whether AWS's SDKs try again: after 5xx, not after 4xx (lambda-model §4.2).
    pub const fn is_transient(self) -> bool {
        self.status() >= 500
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_in_the_order_of_the_codes() {
        for (number, code) in ErrorCode::all().enumerate() {
            assert_eq!(code as usize, number, "{}", code.name());
        }
    }

    #[test]
    fn inv_9_statuses_are_those_of_the_service_model() {
        let status = |code: ErrorCode| code.status();
        assert_eq!(status(ErrorCode::ResourceNotFound), 404);
        assert_eq!(status(ErrorCode::ResourceConflict), 409);
        assert_eq!(status(ErrorCode::ResourceNotReady), 502);
        assert_eq!(status(ErrorCode::ServiceQuotaExceeded), 402);
        assert_eq!(status(ErrorCode::UnsupportedMediaType), 415);
        assert_eq!(status(ErrorCode::InvalidRequestContent), 400);
        assert_eq!(status(ErrorCode::Service), 500);
        assert_eq!(
            [
                ErrorCode::SnapStart,
                ErrorCode::SnapStartTimeout,
                ErrorCode::SnapStartNotReady
            ]
            .map(status),
            [400, 408, 409]
        );
        assert_eq!(
            [
                ErrorCode::EfsMountTimeout,
                ErrorCode::EfsMountConnectivity,
                ErrorCode::EfsMountFailure,
                ErrorCode::EfsIo
            ]
            .map(status),
            [408, 408, 403, 410]
        );
        assert_eq!(
            [ErrorCode::RequestTooLarge, ErrorCode::SerializedRequestEntityTooLarge].map(status),
            [413, 413]
        );
        for code in [
            ErrorCode::SubnetIpAddressLimitReached,
            ErrorCode::EniLimitReached,
            ErrorCode::KmsDisabled,
        ] {
            assert_eq!(status(code), 502, "{}", code.name());
        }
    }
}
