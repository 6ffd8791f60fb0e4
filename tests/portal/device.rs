//! A hardware token: serial number and one-time password.

use tokendesk::{tasks::Status, tokens::MovingFactor};

use super::*;
use crate::on_both;

on_both! {
    fn a_user_enrolls_a_device(world) {
        let device = world.device("HW-4711", MovingFactor::Counter);
        let (invited, phone) = (invite_to(&world, "t.adeyemi", AuthenticationType::HardwareToken), world.stranger());
        phone.get(&invited.path("")).expect(200).says("Hardware token").says("serial number is on the back");
        assert_eq!(phone.post(&invited.path(""), &[("code", &invited.code)]).location(), invited.path("/device"));
        phone.get(&invited.path("/key")).expect(404);
        phone.get(&invited.path("/device")).expect(200).says("Serial Number");
        phone.post(&invited.path("/device"), &[("serial", "HW-4711")]).expect(422).says("Enter the one-time password that the device shows");
        assert_eq!(failures(&world, &invited), 0);
        let page = phone.post(&invited.path("/device"), &[("serial", "HW-4712"), ("otp", &device.press(0))]).expect(422);
        assert!(page.says("You have 4 of 5 attempts left").body.contains("value=\"HW-4712\""));
        phone.post(&invited.path("/device"), &[("serial", "HW-4711"), ("otp", "000000")]).expect(422).says("3 of 5");
        let page = phone.post(&invited.path("/device"), &[("serial", " hw-4711 "), ("otp", &device.press(3))]);
        assert_eq!(page.location(), invited.path("/done"));
        phone.get(&invited.path("/done")).expect(200).says("HW-4711");
        phone.post(&invited.path("/try"), &[("otp", &device.press(4))]).expect(303);
        assert_eq!(status(&world, &invited), Status::Completed);
    }

    fn two_users_cannot_enroll_one_device(world) {
        let (device, _other) = (world.device("HW-1", MovingFactor::Counter), world.device("HW-2", MovingFactor::Counter));
        let invited = ["t.adeyemi", "a.berg"].map(|user_id| invite_to(&world, user_id, AuthenticationType::HardwareToken));
        let phones = [world.stranger(), world.stranger()];
        for (phone, invited) in phones.iter().zip(&invited) {
            phone.post(&invited.path(""), &[("code", &invited.code)]).expect(303);
        }
        phones[0].post(&invited[0].path("/device"), &[("serial", "HW-1"), ("otp", &device.press(0))]).expect(303);
        phones[1].post(&invited[1].path("/device"), &[("serial", "HW-1"), ("otp", &device.press(1))]).expect(422);
        assert!(world.dump("audit_entries").contains("is not in inventory"));
    }
}
