package app

import "github.com/gofiber/fiber/v2"

func newPortal(o Options, p *parts) (*fiber.App, error) { return fiber.New(), nil }
