//! Each situation in a line: how much it is in the way, which check it fails, and what mends it.

use crate::why::{
    Situation,
    remedy::{Remedy, Stage},
    weight::Weight,
};

impl Situation {
    /// How much it is in the way.
    pub fn weight(self) -> Weight {
        self.line().0
    }

    /// Which check it fails; none if all is in order.
    pub fn stage(self) -> Option<Stage> {
        self.line().1
    }

    /// What mends it, the first choice first; nothing, where it is up to the user.
    pub(super) fn wanted(self) -> &'static [Remedy] {
        self.line().2
    }

    #[rustfmt::skip]
    fn line(self) -> (Weight, Option<Stage>, &'static [Remedy]) {
        use {Remedy::*, Situation as S, Stage::*, Weight::*};
        match self {
            S::AccountDisabled     => (Stops, Some(Account), &[EnableAccount]),
            S::NoEmail             => (Stops, Some(Email), &[EditEmail, HandOver, Resend]),
            S::NeverProvisioned    => (Over, Some(Task), &[Provision]),
            S::DeviceAssigned      => (Over, Some(Task), &[Provision]),
            S::Replaced            => (Over, Some(Task), &[LookAtNewer]),
            S::TakenOut            => (Over, Some(Task), &[Provision]),
            S::TaskRemoved         => (Over, Some(Task), &[Provision]),
            S::Expired             => (Over, Some(Task), &[GiveMoreTime, MoveStopDate]),
            S::ExpiredForGood      => (Over, Some(Task), &[GiveMoreTime, Provision]),
            S::Locked              => (Stops, Some(Attempts), &[UnlockEnrollment]),
            S::LockedWithoutEmail  => (Stops, Some(Attempts), &[EditEmail]),
            S::NoDeviceLeft        => (Stops, Some(Inventory), &[ImportTokens]),
            S::HandedOver          => (Waits, Some(Link), &[HandOver]),
            S::NotEmailed          => (Stops, Some(Email), &[Resend]),
            S::EmailOnItsWay       => (Waits, Some(Email), &[]),
            S::EmailWaiting        => (Stops, Some(Email), &[LookAtEmail]),
            S::NoMailServer        => (Stops, Some(Email), &[LookAtEmail]),
            S::MailServerAway      => (Stops, Some(Email), &[LookAtEmail]),
            S::EmailDeferred       => (Waits, Some(Email), &[Resend]),
            S::MailboxFull         => (Stops, Some(Email), &[Resend]),
            S::NoSuchAddress       => (Stops, Some(Email), &[Resend]),
            S::RelayDenied         => (Stops, Some(Email), &[LookAtEmail]),
            S::SenderRefused       => (Stops, Some(Email), &[LookAtEmail]),
            S::EmailRefused        => (Stops, Some(Email), &[Resend]),
            S::SentBack            => (Stops, Some(Email), &[Resend]),
            S::EmailGivenUp        => (Stops, Some(Email), &[Resend]),
            S::EmailCanceled       => (Stops, Some(Email), &[Resend]),
            S::AddressChanged      => (Stops, Some(Link), &[Resend]),
            S::AddressRemoved      => (Stops, Some(Link), &[EditEmail, Resend]),
            S::LinkNotOpened       => (Waits, Some(Link), &[Resend]),
            S::OlderLinkUsed       => (Mistaken, Some(Link), &[Resend]),
            S::ReplacedLinkUsed    => (Mistaken, Some(Link), &[Resend]),
            S::CodeNotTyped        => (Waits, Some(Enrolling), &[Resend]),
            S::WrongCode           => (Mistaken, Some(Attempts), &[Resend]),
            S::OlderCode           => (Mistaken, Some(Attempts), &[Resend]),
            S::DigitsAsCode        => (Mistaken, Some(Attempts), &[Resend]),
            S::CodeAsPassword      => (Mistaken, Some(Attempts), &[Resend]),
            S::SessionEnded        => (Waits, Some(Enrolling), &[Resend]),
            S::KeyNotProven        => (Waits, Some(Enrolling), &[Resend]),
            S::WrongPassword       => (Mistaken, Some(Attempts), &[Resend]),
            S::PhoneClockOff       => (Mistaken, Some(Clock), &[]),
            S::DeviceNotTyped      => (Waits, Some(Enrolling), &[Resend]),
            S::SerialUnknown       => (Mistaken, Some(Attempts), &[]),
            S::SerialElsewhere     => (Mistaken, Some(Attempts), &[]),
            S::SerialOfOtherType   => (Mistaken, Some(Attempts), &[]),
            S::SerialTaken         => (Mistaken, Some(Attempts), &[]),
            S::SerialOwn           => (Mistaken, Some(Attempts), &[]),
            S::SerialRetired       => (Mistaken, Some(Attempts), &[]),
            S::DevicePasswordWrong => (Mistaken, Some(Attempts), &[]),
            S::DeviceClockOff      => (Mistaken, Some(Clock), &[]),
            S::DeviceFarAhead      => (Mistaken, Some(Attempts), &[]),
            S::DeviceNotValid      => (Mistaken, Some(Attempts), &[]),
            S::NotUsedYet          => (Over, Some(Use), &[]),
            S::NodeDisabled        => (Stops, Some(Use), &[EnableNode]),
            S::WrongUserId         => (Mistaken, Some(Use), &[]),
            S::TokenSuspended      => (Stops, Some(Token), &[ResumeToken]),
            S::ReportedLost        => (Stops, Some(Token), &[ReplaceToken, GiveTemporaryCode]),
            S::TemporaryCode       => (Waits, Some(Use), &[ReplaceToken]),
            S::TemporaryCodeEnded  => (Mistaken, Some(Use), &[GiveTemporaryCode, ReplaceToken]),
            S::TokenLocked         => (Stops, Some(Token), &[UnlockToken]),
            S::TokenLost           => (Over, Some(Token), &[Provision]),
            S::TokenFaulty         => (Over, Some(Token), &[Provision]),
            S::TokenNotValid       => (Stops, Some(Token), &[]),
            S::TokenGone           => (Over, Some(Token), &[Provision]),
            S::PasswordReused      => (Mistaken, Some(Use), &[]),
            S::OutOfStep           => (Mistaken, Some(Use), &[ResyncToken]),
            S::TokenClockOff       => (Mistaken, Some(Clock), &[ResyncToken]),
            S::TokenClockBroken    => (Mistaken, Some(Clock), &[]),
            S::PasswordsWrong      => (Mistaken, Some(Use), &[ResyncToken]),
            S::InOrder             => (Over, None, &[]),
        }
    }
}
